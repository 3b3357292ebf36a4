package evaluate

import (
	"slices"

	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// paired are the documents that several scores have in common.
type paired struct {
	of      [][]results.Document // of each score, in one order
	fellOut int                  // documents that not all have, or that differ in content or weight
}

// pair finds them by ID. A document whose content or weight differs is another document, though
// its ID is the same: somebody inserted a line into the data.
func pair(scores ...*Score) paired {
	p := paired{of: make([][]results.Document, len(scores))}
	if aligned(scores) {
		for i, s := range scores {
			p.of[i] = s.Documents
		}
		return p
	}
	others := make([]map[string]results.Document, len(scores))
	all := make(map[string]bool)
	for i, s := range scores {
		others[i] = make(map[string]results.Document, len(s.Documents))
		for _, d := range s.Documents {
			id := identity(d.ID)
			others[i][id] = d
			all[id] = true
		}
	}
next:
	for _, d := range scores[0].Documents {
		for _, other := range others[1:] {
			if o, ok := other[identity(d.ID)]; !ok || !same(o, d) {
				continue next
			}
		}
		for i := range scores {
			p.of[i] = append(p.of[i], others[i][identity(d.ID)])
		}
	}
	if slices.ContainsFunc(others, func(o map[string]results.Document) bool { return len(o) == 0 }) {
		return p // one evaluator wrote none
	}
	p.fellOut = len(all) - len(p.of[0])
	return p
}

// same reports whether two documents of one ID are the same.
func same(a, b results.Document) bool {
	return a.Weight == b.Weight && (a.Content == b.Content || a.Content == "" || b.Content == "" || content(a.Content) == content(b.Content))
}

// aligned reports whether all scores have the same documents in the same order, as they nearly always
// do: then nothing has to be looked up, which counts where many merges are compared.
func aligned(scores []*Score) bool {
	first := scores[0].Documents
	for _, s := range scores[1:] {
		if len(s.Documents) != len(first) {
			return false
		}
		for i, d := range s.Documents {
			if d.ID != first[i].ID || !same(d, first[i]) {
				return false
			}
		}
	}
	return true
}

// n is how many documents there are.
func (p paired) n() int { return len(p.of[0]) }

// estimates of all the scores. A perplexity's are of its loss.
func (p paired) estimates() []stats.Estimate {
	var out []stats.Estimate
	design := clusters(p.of[0])
	for _, documents := range p.of {
		out = append(out, estimate(documents, design))
	}
	return out
}

// degrees of freedom of an estimate. Documents that weigh more than others count for more, so
// that there are fewer of them in effect: (Σw)²/Σw² (Kish, Survey Sampling, 1965, section 11.7), of
// the clusters' weights where there are clusters. Without this, bounds of a few texts of very
// different lengths are too narrow.
func (p paired) degrees(e stats.Estimate) int {
	var total, squares float64
	var weights []float64
	at := make(map[string]int) // a cluster's place in weights
	for _, d := range p.of[0] {
		k, met := at[d.Cluster]
		if !met || d.Cluster == "" {
			k, weights = len(weights), append(weights, 0)
			at[d.Cluster] = k
		}
		weights[k] += d.Weight
		total += d.Weight
	}
	for _, w := range weights {
		squares += float64(w * w)
	}
	const rounding = 1e-9
	return min(e.Degrees(), max(1, int(total*total/squares+rounding)-1))
}

func estimate(documents []results.Document, design *stats.Design) stats.Estimate {
	v, w := make([]float64, len(documents)), make([]float64, len(documents))
	for i, d := range documents {
		v[i], w[i] = d.Value, d.Weight
	}
	return stats.Weighted(v, w, design)
}

// clusters numbers the documents' clusters; nil where every document is on its own.
func clusters(documents []results.Document) *stats.Design {
	design, numbers, shared := new(stats.Design), make(map[string]int), false
	for i, d := range documents {
		number := -1 - i // of a document without a cluster, which no other has
		if d.Cluster != "" {
			shared = true
			if _, ok := numbers[d.Cluster]; !ok {
				numbers[d.Cluster] = len(numbers)
			}
			number = numbers[d.Cluster]
		}
		design.Clusters = append(design.Clusters, number)
	}
	if !shared {
		return nil
	}
	return design
}

// yesNo reports whether all scores are 0 or 1, each document counting once and by itself.
func (p paired) yesNo() bool {
	for _, documents := range p.of {
		for _, d := range documents {
			if (d.Value != 0 && d.Value != 1) || d.Weight != documents[0].Weight || d.Cluster != "" {
				return false
			}
		}
	}
	return true
}

// unchanged reports whether every document has the same score in all.
func (p paired) unchanged() bool {
	for _, documents := range p.of[1:] {
		for i, d := range documents {
			if d.Value != p.of[0][i].Value {
				return false
			}
		}
	}
	return true
}

// spread is the largest score of a document less the smallest: by how much one can change.
func (p paired) spread() float64 {
	if p.yesNo() {
		return 1
	}
	low, high := p.of[0][0].Value, p.of[0][0].Value
	for _, documents := range p.of {
		for _, d := range documents {
			low, high = min(low, d.Value), max(high, d.Value)
		}
	}
	return high - low
}
