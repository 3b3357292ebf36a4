package stats

import (
	"fmt"
	"math"
)

// Estimate is a statistic of documents and what each of them contributes to its error.
type Estimate struct {
	Value     float64
	influence []float64 // of each document; 0 in sum
	design    *Design
}

// Design says which documents were drawn together. Both lists have an entry for each
// document; nil means every document by itself, and for one stratum.
type Design struct {
	Clusters []int // equal for documents that depend on each other: questions about one text
	strata   []int // equal for documents that are drawn from one part of a group
}

// Mean is x̄ = Σxᵢ/n; the influence of a document is (xᵢ − x̄)/n, which gives the usual
// standard error s/√n.
func Mean(x []float64, design *Design) Estimate {
	ones := make([]float64, len(x))
	for i := range ones {
		ones[i] = 1
	}
	return Weighted(x, ones, design)
}

// Weighted is the mean V = Σwᵢvᵢ/Σwᵢ of a ratio such as bits per byte, where wᵢ are a
// document's bytes. The influence of a document is wᵢ(vᵢ − V)/Σw (linearisation; Cochran,
// Sampling Techniques, 1977, section 6.3). No documents have the mean NaN.
func Weighted(v, w []float64, design *Design) Estimate {
	if len(v) != len(w) {
		panic(fmt.Sprintf("stats: %d values and %d weights", len(v), len(w)))
	}
	var sum, total float64
	for i := range v {
		sum += float64(w[i] * v[i])
		total += w[i]
	}
	e := Estimate{Value: sum / total, influence: make([]float64, len(v)), design: design}
	for i := range v {
		e.influence[i] = w[i] * (v[i] - e.Value) / total
	}
	return e
}

// Group is the mean of the parts of a group with the weights Wₖ, which it makes 1 in sum: Σ WₖVₖ.
// Documents are drawn from each part by itself, so that the differences between parts add
// nothing to its error: SE² = Σ Wₖ²SEₖ².
func Group(weights []float64, parts []Estimate) Estimate {
	if len(weights) != len(parts) {
		panic(fmt.Sprintf("stats: %d weights of %d parts", len(weights), len(parts)))
	}
	var total float64
	for _, w := range weights {
		total += w
	}
	out := Estimate{design: new(Design)}
	var clusters, strata int
	for k, part := range parts {
		share := weights[k] / total
		out.Value += float64(share * part.Value)
		mostCluster, mostStratum := -1, 0
		for i, u := range part.influence {
			cluster, stratum := part.design.of(i)
			mostCluster, mostStratum = max(mostCluster, cluster), max(mostStratum, stratum)
			out.influence = append(out.influence, share*u)
			out.design.Clusters = append(out.design.Clusters, clusters+cluster)
			out.design.strata = append(out.design.strata, strata+stratum)
		}
		clusters, strata = clusters+mostCluster+1, strata+mostStratum+1
	}
	return out
}

// of are a document's cluster and stratum.
func (d *Design) of(i int) (cluster, stratum int) {
	cluster = i
	if d != nil && d.Clusters != nil {
		cluster = d.Clusters[i]
	}
	if d != nil && d.strata != nil {
		stratum = d.strata[i]
	}
	return cluster, stratum
}

// Exp is e to the power of an estimate, as a perplexity is of a mean loss. Its error is that
// of the delta method: e^V·uᵢ.
func (e Estimate) Exp() Estimate { return e.linear(math.Exp(e.Value), math.Exp(e.Value)) }

// Negated is −V.
func (e Estimate) Negated() Estimate { return e.linear(-e.Value, -1) }

func (e Estimate) linear(value, factor float64) Estimate {
	out := Estimate{Value: value, influence: make([]float64, len(e.influence)), design: e.design}
	for i, u := range e.influence {
		out.influence[i] = factor * u
	}
	return out
}

// Minus is the paired difference of two estimates of the same documents, in the same order.
func (e Estimate) Minus(other Estimate) Estimate {
	e.paired(other)
	out := Estimate{Value: e.Value - other.Value, influence: make([]float64, len(e.influence)), design: e.design}
	for i := range out.influence {
		out.influence[i] = e.influence[i] - other.influence[i]
	}
	return out
}

func (e Estimate) paired(other Estimate) {
	if len(e.influence) != len(other.influence) {
		panic(fmt.Sprintf("stats: %d and %d documents can't be paired", len(e.influence), len(other.influence)))
	}
}

// Cov is the covariance of the errors of two estimates of the same documents:
//
//	Σ over strata of C/(C − 1) · Σ over clusters of (Σuᵢ)(Σvᵢ)
//
// for C clusters in a stratum. A stratum of one cluster has none: NaN.
func (e Estimate) Cov(other Estimate) float64 {
	e.paired(other)
	if e.design == nil {
		return e.plainCov(other)
	}
	type sums struct {
		u, v    float64
		stratum int
	}
	var clusters []sums
	at := make(map[int]int) // a cluster's place in clusters
	size := make(map[int]int)
	for i := range e.influence {
		cluster, stratum := e.design.of(i)
		k, met := at[cluster]
		if !met {
			k = len(clusters)
			at[cluster] = k
			clusters = append(clusters, sums{stratum: stratum})
			size[stratum]++
		}
		clusters[k].u += e.influence[i]
		clusters[k].v += other.influence[i]
	}
	if len(clusters) == 0 {
		return math.NaN()
	}
	var sum float64
	for _, c := range clusters {
		n := float64(size[c.stratum])
		if n < 2 {
			return math.NaN()
		}
		sum += float64(n / (n - 1) * float64(c.u*c.v))
	}
	return sum
}

// plainCov is Cov of documents that are each on their own, in the same order of addition.
func (e Estimate) plainCov(other Estimate) float64 {
	n := float64(len(e.influence))
	if n < 2 {
		return math.NaN()
	}
	var sum float64
	for i, u := range e.influence {
		sum += float64(n / (n - 1) * float64(u*other.influence[i]))
	}
	return sum
}

// SE is the standard error. It is NaN of fewer than two documents or clusters, and 0 only
// where no document differs from the others, which says nothing about the next one.
func (e Estimate) SE() float64 { return math.Sqrt(e.Cov(e)) }

// Degrees are the degrees of freedom of the standard error: clusters less strata.
func (e Estimate) Degrees() int {
	if e.design == nil {
		return len(e.influence) - 1
	}
	clusters, strata := make(map[int]bool), make(map[int]bool)
	for i := range e.influence {
		cluster, stratum := e.design.of(i)
		clusters[cluster], strata[stratum] = true, true
	}
	return len(clusters) - len(strata)
}

// Documents is how many documents it is an estimate of.
func (e Estimate) Documents() int { return len(e.influence) }
