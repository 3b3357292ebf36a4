package stages

import (
	"encoding/json"

	"github.com/loramerge/loramerge/adapter"
)

// Recaller is a Surveyor whose findings can be kept between runs. In these an adapter is known by its place,
// since its name is no part of what they depend on.
type Recaller interface {
	Surveyor
	// Findings are those of the survey that has settled the Op; false if they can't be kept.
	Findings() (findings []byte, ok bool)
	// Recall is what the survey would conclude; false if these are no findings of it.
	Recall(findings []byte) (Op, Type, bool)
}

func encodeFindings(found any) ([]byte, bool) {
	text, err := json.Marshal(found)
	return text, err == nil // else a number is not finite
}

// Findings are the factors.
func (w *weighing) Findings() ([]byte, bool) {
	var factors []float64
	for _, name := range w.In[0].Names() {
		factors = append(factors, w.factors[name])
	}
	return encodeFindings(factors)
}

// Recall takes the factors.
func (w *weighing) Recall(findings []byte) (Op, Type, bool) {
	var factors []float64
	names := w.In[0].Names()
	if json.Unmarshal(findings, &factors) != nil || len(factors) != len(names) {
		return nil, Type{}, false
	}
	weighed := &weighing{w.Spec, make(map[string]float64)}
	for i, name := range names {
		weighed.factors[name] = factors[i]
	}
	return weighed, w.In[0], true
}

// Findings are the thresholds; null of an adapter of which nothing is kept.
func (t *trimming) Findings() ([]byte, bool) {
	var thresholds []*float32
	for _, name := range t.In[0].Names() {
		threshold, some := t.thresholds[name]
		thresholds = append(thresholds, nil)
		if some {
			thresholds[len(thresholds)-1] = &threshold
		}
	}
	return encodeFindings(thresholds)
}

// Recall takes the thresholds.
func (t *trimming) Recall(findings []byte) (Op, Type, bool) {
	var thresholds []*float32
	names := t.In[0].Names()
	if json.Unmarshal(findings, &thresholds) != nil || len(thresholds) != len(names) {
		return nil, Type{}, false
	}
	trimmed := &trimming{t.Spec, make(map[string]float32)}
	for i, name := range names {
		if thresholds[i] != nil {
			trimmed.thresholds[name] = *thresholds[i]
		}
	}
	return trimmed, t.In[0].dense(), true
}

// Findings are the ranks of each adapter's modules.
func (f *factoring) Findings() ([]byte, bool) {
	ranks := make([]map[string]int, len(f.In[0].Members))
	for i, member := range f.In[0].Members {
		ranks[i] = make(map[string]int)
		for _, m := range member.Modules {
			if rank, ok := f.ranks[place{member.Name, m.Name}]; ok {
				ranks[i][m.Name] = rank
			}
		}
	}
	return encodeFindings(ranks)
}

// Recall takes the ranks.
func (f *factoring) Recall(findings []byte) (Op, Type, bool) {
	var ranks []map[string]int
	if json.Unmarshal(findings, &ranks) != nil || len(ranks) != len(f.In[0].Members) {
		return nil, Type{}, false
	}
	known := &factoring{f.Spec, make(map[place]int)}
	for i, member := range f.In[0].Members {
		for _, m := range member.Modules {
			rank, ok := ranks[i][m.Name]
			switch {
			case m.Form == adapter.Whole:
			case !ok, rank < 1, rank > f.maxRank(m):
				return nil, Type{}, false
			default:
				known.ranks[place{member.Name, m.Name}] = rank
			}
		}
	}
	return known, known.out(), true
}

// foundFactor is what a rescaling found: the factor itself, or the norms from which it follows.
type foundFactor struct {
	Factor float64          `json:"factor,omitempty"`
	Norms  map[string]Norms `json:"norms,omitempty"` // by module
}

// Findings are the factor, or the norms.
func (r *rescaling) Findings() ([]byte, bool) {
	if r.ofNorms() {
		return encodeFindings(foundFactor{Norms: r.found.norms})
	}
	return encodeFindings(foundFactor{Factor: r.found.factor})
}

// Recall takes the factor, or the norms.
func (r *rescaling) Recall(findings []byte) (Op, Type, bool) {
	var found foundFactor
	if json.Unmarshal(findings, &found) != nil {
		return nil, Type{}, false
	}
	if !r.ofNorms() {
		return &rescaling{r.Spec, &adapterFactor{factor: found.Factor}}, r.In[0], true
	}
	for _, norms := range found.Norms {
		if len(norms.Plain) != len(r.In[1].Members) || len(norms.Weighted) != len(norms.Plain) {
			return nil, Type{}, false
		}
	}
	op, out, _, err := (&meanNormSurvey{rescale: r, found: found.Norms}).Conclude()
	return op, out, err == nil
}
