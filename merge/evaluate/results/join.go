package results

import (
	"math"
	"slices"

	"github.com/loramerge/loramerge/internal/fault"
)

// Join is the measurement of all documents of several, which no two share and which were measured under
// the same conditions. Its conditions and notes are those that all have. Its errors are Faults without a
// place.
func Join(parts ...*Measurement) (*Measurement, error) {
	first := parts[0]
	out := &Measurement{Direction: first.Direction, Exp: first.Exp, About: first.About, Conditions: make(map[string]string)}
	for name, value := range first.Conditions {
		if !slices.ContainsFunc(parts, func(m *Measurement) bool { return m.Conditions[name] != value }) {
			out.Conditions[name] = value
		}
	}
	for _, note := range first.Notes {
		if !slices.ContainsFunc(parts, func(m *Measurement) bool { return !slices.Contains(m.Notes, note) }) {
			out.Notes = append(out.Notes, note)
		}
	}
	seen := make(map[string]bool)
	for _, m := range parts {
		if len(m.Documents) == 0 {
			return nil, fault.New("the scores of single documents are missing, from which `halving` puts scores together").
				Mend("let the evaluator write them (lm-eval's --log_samples, or `samples` in JSON) for a metric that is their mean, or leave `halving` out")
		}
		for _, d := range m.Documents {
			if seen[d.ID] {
				return nil, fault.New("document %s was scored twice, as one of different documents", fault.Quote(d.ID)).
					Mend("let the evaluator give each document an ID of its own, such as its number, whatever other documents are scored in the run, or leave `halving` out")
			}
			seen[d.ID] = true
		}
		out.Documents, out.Missing = append(out.Documents, m.Documents...), out.Missing+m.Missing
	}
	slices.SortFunc(out.Documents, byID)
	out.N, out.Value = len(out.Documents), mean(out.Documents)
	if out.Exp {
		out.Value = math.Exp(out.Value)
	}
	return out, nil
}
