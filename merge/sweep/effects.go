package sweep

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/loramerge/loramerge/recipe"
)

// Effect is what an axis did to the goals, on `select`.
type Effect struct {
	Axis  string        `json:"axis"`
	Parts []*EffectPart `json:"parts"`
}

// EffectPart is the trials with one value of an axis, or with values from a third of its range.
type EffectPart struct {
	Values string    `json:"values"` // 0.5 to 0.83, say
	Trials int       `json:"trials"`
	Mean   []float64 `json:"mean"` // of each goal; larger is better
	Best   []float64 `json:"best"`
}

// fewValues of a range are listed one by one, as those of a grid.
const fewValues = 5

func effects(e Evidence) []*Effect {
	out := []*Effect{}
	for i := range e.Axes {
		axis := &e.Axes[i]
		effect := &Effect{Axis: axis.Name, Parts: []*EffectPart{}}
		labels, label := partition(axis, e.Trials)
		for _, name := range labels {
			part := &EffectPart{Values: name}
			for _, t := range e.Trials {
				if value, active := t.Set[axis.Name]; active && t.reaches() && label(value) == name {
					part.add(t.Goals)
				}
			}
			if part.Trials > 0 {
				effect.Parts = append(effect.Parts, part)
			}
		}
		out = append(out, effect)
	}
	return out
}

func (p *EffectPart) add(goals []float64) {
	if p.Trials++; p.Trials == 1 {
		p.Mean, p.Best = make([]float64, len(goals)), slices.Clone(goals)
	}
	for i, g := range goals {
		p.Mean[i] += (g - p.Mean[i]) / float64(p.Trials)
		p.Best[i] = max(p.Best[i], g)
	}
}

// partition says into which parts the values of an axis fall, in order, and into which a value does.
func partition(axis *recipe.Axis, trials []*Trial) (labels []string, label func(string) string) {
	same := func(value string) string { return value }
	if axis.Range == nil {
		return axis.Values, same
	}
	tried := make(map[string]bool)
	for _, t := range trials {
		if value, active := t.Set[axis.Name]; active {
			tried[value] = true
		}
	}
	if len(tried) <= fewValues {
		return slices.SortedFunc(maps.Keys(tried), func(a, b string) int { return cmp.Compare(number(a), number(b)) }), same
	}
	ends := thirds(axis.Range)
	for i := range 3 {
		labels = append(labels, fmt.Sprintf("%.3g to %.3g", ends[i], ends[i+1]))
	}
	return labels, func(value string) string {
		x := number(value)
		switch {
		case x < ends[1]:
			return labels[0]
		case x < ends[2]:
			return labels[1]
		}
		return labels[2]
	}
}

// thirds are the ends of the thirds of a range, on its scale.
func thirds(r *recipe.Range) [4]float64 {
	to, from := func(x float64) float64 { return x }, func(x float64) float64 { return x }
	if r.Log {
		to, from = math.Log, math.Exp
	}
	low, high := to(r.Min), to(r.Max)
	return [4]float64{r.Min, from(low + (high-low)/3), from(low + (high-low)*2/3), r.Max}
}

func number(text string) float64 {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return x
}

// Spread is how much a goal depends on the seed.
type Spread struct {
	Seeds int       `json:"seeds"`
	SD    []float64 `json:"sd"` // of each goal over the seeds of a trial, pooled over the trials
}

// spread is nil where no trial was made with several seeds.
func spread(e Evidence) *Spread {
	out := &Spread{SD: make([]float64, len(e.Goals))}
	degrees := 0
	for _, t := range append([]*Trial{e.Stood}, e.Trials...) {
		if !t.reaches() || len(t.Repeats) < 2 {
			continue
		}
		out.Seeds = max(out.Seeds, len(t.Repeats))
		degrees += len(t.Repeats) - 1
		for _, repeat := range t.Repeats {
			values, _ := goals(e.Goals, e.Asked, e.References, repeat.Scores)
			for i, v := range values {
				out.SD[i] += (v - t.Goals[i]) * (v - t.Goals[i])
			}
		}
	}
	if degrees == 0 {
		return nil
	}
	for i := range out.SD {
		out.SD[i] = math.Sqrt(out.SD[i] / float64(degrees))
	}
	return out
}
