package merge

import "strings"

// draftMethods say what each method is good for; the first lines of its stage.
var draftMethods = map[string]string{
	"ties":      "TIES (arXiv:2306.01708) keeps the largest elements, lets the adapters vote on each sign, and\naverages those that agree. A higher density keeps more of each adapter.",
	"dare":      "DARE (arXiv:2311.03099) drops elements by chance, scales up the others, and averages.\nA higher density keeps more of each adapter.",
	"dare-ties": "DARE's drop by chance, then TIES' vote and mean (arXiv:2311.03099, arXiv:2306.01708).\nA higher density keeps more of each adapter.",
	"linear":    "The weighted mean.",
	"slerp":     "Along the arc between the adapters, which keeps their length, where a mean is shorter.",
	"karcher":   "The mean on the sphere: it keeps the adapters' length, and depends on no order.",
	"svd":       "The weighted sum of what the adapters do, as well as one adapter of this rank can do it.\n`energy: 0.99` in the place of `rank` takes as much as it needs.",
}

const (
	throughDelta = "Scales (alpha/r), ranks or modules differ, so that A and B can't be merged apart: the changes\n" +
		"that they make, ΔW = s·B·A, are merged, and brought back to the largest of the ranks.\n`energy: 0.99` in the place of `rank` takes as much as it needs."
	countZero  = "Modules that only some adapters have count as zero in the others. To keep only the common\nones, put a `select` before this stage."
	sumToOne   = "The weights sum to 1, as they must for heads and biases, which are averaged."
	anyWeights = "Only the weights' proportions matter."
)

// writeMerge adds the stages from a stage to `merged`.
func (d *draft) writeMerge(t *draftText, from string) {
	comment := []string{draftMethods[d.method]}
	if d.gaps {
		comment = append(comment, countZero)
	}
	if d.heads || d.method == "svd" {
		comment = append(comment, sumToOne)
	} else {
		comment = append(comment, anyWeights)
	}
	blends := d.method == "slerp" || d.method == "karcher"
	switch {
	case d.alike && !d.gaps || d.method == "svd":
		d.writeMethod(t, "merged", from, comment)
	case blends:
		t.stage("deltas", throughDelta)
		t.line("    delta: %s", from)
		d.writeMethod(t, "blended", "deltas", comment)
		t.line("\n  merged:\n    factor: blended\n    rank: %d", d.rank)
	default:
		d.writeMethod(t, "merged", from, append(comment, throughDelta))
		t.line("    space: delta\n    rank: %d", d.rank)
	}
}

func (d *draft) writeMethod(t *draftText, name, from string, comment []string) {
	t.stage(name, strings.Join(comment, "\n"))
	t.line("    %s: %s", d.method, from)
	switch d.method {
	case "ties", "dare", "dare-ties":
		t.line("    density: 0.5")
	case "svd":
		t.line("    rank: %d", d.rank)
	}
	t.line("    weights: %s", d.shares())
	if d.gaps {
		t.line("    missing: zero")
	}
}
