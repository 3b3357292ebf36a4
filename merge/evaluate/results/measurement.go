package results

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
)

// Run is what an evaluator wrote in one run, which may have served several tasks.
type Run interface {
	// Measure takes one metric of one task. What they are called is up to the format.
	Measure(task, metric string) (*Measurement, error)
}

// Direction says which scores are better.
type Direction string

// Directions. Most evaluators do not record it.
const (
	Unstated Direction = ""
	Maximize Direction = "maximize"
	Minimize Direction = "minimize"
)

// Measurement is a metric of a task.
type Measurement struct {
	File      string // that it was read from
	Value     float64
	SE        float64 // as the evaluator gave it; 0 for none: it is never certainty
	N         int     // documents that were scored; 0 if it is not known
	Direction Direction
	Documents []Document // by ID; nil if the evaluator did not write them
	Exp       bool       // Value is e to the power of the documents' weighted mean: a perplexity
	Missing   int        // documents without a score
	// Conditions must be equal for scores to be compared: task versions, seeds, limits.
	Conditions map[string]string
	// About is what else the evaluator said of itself, such as its version.
	About map[string]string
	Notes []string // what its user should know
}

// HowMany is the condition that says how many of a task's documents were scored.
const HowMany = "documents"

// Document is the score of one document.
type Document struct {
	ID      string
	Value   float64
	Weight  float64 // 1 in a plain mean
	Content string  // of what was asked and the right answer, a hash; empty if not known
	Cluster string  // shared by documents that depend on each other; empty for none
}

// byID orders documents: short IDs first, so that numbers count up.
func byID(a, b Document) int {
	return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
}

// mean is Σwᵢvᵢ/Σwᵢ, added up in the order of the IDs, whatever the order they come in.
func mean(documents []Document) float64 {
	var sum, total float64
	for _, d := range slices.SortedFunc(slices.Values(documents), byID) {
		sum += float64(d.Weight * d.Value)
		total += d.Weight
	}
	return sum / total
}

// attach adds the documents' scores, if the metric is their mean. Some metrics are not (an F1
// score is no mean), and their documents can't be paired.
func (m *Measurement) attach(documents []Document) error {
	if len(documents) == 0 {
		return nil
	}
	slices.SortFunc(documents, byID)
	for i, d := range documents {
		if i > 0 && d.ID == documents[i-1].ID {
			return fault.In(m.File, "has two scores of document %s", fault.Quote(d.ID)).Mend("give each document an ID of its own")
		}
		if math.IsNaN(d.Value) || math.IsInf(d.Value, 0) || !(d.Weight > 0) || math.IsInf(d.Weight, 0) {
			return fault.In(m.File, "the score of document %s is %g, with the weight %g", fault.Quote(d.ID), d.Value, d.Weight).Mend("leave out documents without a score, and give positive weights")
		}
	}
	value := mean(documents)
	if m.Exp {
		value = math.Exp(value)
	}
	if !(math.Abs(value-m.Value) <= 1e-6*max(1, math.Abs(m.Value))) {
		m.Notes = append(m.Notes, fmt.Sprintf("the documents' mean is %.6g and the score %.6g: it is no mean of theirs, and differences can't be paired", value, m.Value))
		return nil
	}
	m.Documents, m.N = documents, len(documents)
	return nil
}

// finite refuses a value that is no number.
func finite(file, task, metric string, value float64) error {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return fault.In(file, "metric %s of task %s is not a number", fault.Quote(metric), fault.Quote(task)).Mend("see what the evaluator scored: it writes NaN where no answer counted, and Infinity after an overflow")
	}
	return nil
}

// positive is a standard error, or 0 for what is none.
func positive(se float64) float64 {
	if se > 0 && !math.IsInf(se, 1) {
		return se
	}
	return 0
}

// missing lists what there is in place of what was asked for.
func missing[V any](file, what, asked string, there map[string]V) error {
	const most = 40
	names := slices.Sorted(maps.Keys(there))
	if len(names) == 0 {
		return fault.In(file, "has no %s %s, nor any other", what, fault.Quote(asked)).Mend("see the evaluator's log for why it scored nothing")
	}
	rest := ""
	if len(names) > most {
		rest = fmt.Sprintf(" and %d more", len(names)-most)
		names = names[:most]
	}
	for i, name := range names {
		names[i] = fault.Quote(name)
	}
	return fault.In(file, "has no %s %s", what, fault.Quote(asked)).Mend("it has " + strings.Join(names, ", ") + rest)
}
