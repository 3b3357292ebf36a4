package draft

import (
	"fmt"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/relate"
	"github.com/loramerge/loramerge/stages"
)

// draftMethod is how a draft merges by a method.
type draftMethod struct {
	about string // what it is good for
	sums  bool   // it is the sum, brought to another size: its cut is known beforehand
	// steps are the stages between the adapters and the save; a shorthand goes to ΔW and
	// back by itself.
	steps bool
	// directs is true of a method that takes the adapters' directions alone: their sizes have no part in it.
	directs bool
	extra   string // parameters beside the method
}

const higherDensity = "\nA higher density keeps more of each adapter."

var draftMethods = map[string]draftMethod{
	"sum":       {about: "The sum of what the adapters do. On language models little beats it reliably once its size is\nright (arXiv:2511.21437); the rest is for an evaluation to decide.", sums: true, steps: true},
	"ties":      {about: "TIES (arXiv:2306.01708) keeps the largest elements, lets the adapters vote on each sign, and\naverages those that agree." + higherDensity, extra: "density: 0.5"},
	"dare":      {about: "DARE (arXiv:2311.03099) drops elements at random, scales up the others, and averages." + higherDensity, extra: "density: 0.5"},
	"dare-ties": {about: "DARE's drop at random, then TIES' vote and mean (arXiv:2311.03099, arXiv:2306.01708)." + higherDensity, extra: "density: 0.5"},
	"linear":    {about: "The mean of what the adapters do.", sums: true},
	"slerp":     {about: "Interpolates along the arc between the adapters.", steps: true},
	"karcher":   {about: "The mean direction of the adapters on the sphere, independent of their order.", steps: true, directs: true},
	"svd":       {about: "The sum of what the adapters do, as closely as this rank allows.", sums: true},
}

// commentWidth is that of the lines of a comment.
const commentWidth = 100

const (
	sized     = "norm: inputs gives the merge the adapters' mean norm, reduced where they interfere:\nsize matters more than method."
	countZero = "Modules that an adapter lacks count as zero there."
	sumToOne  = "The weights sum to 1, as they must for %s, which are averaged."
	keepRows  = "A row of a token that one adapter alone has is kept as it is, whatever the weights."
	weighs    = "`weights: {default: 1, %s: 2}` gives one adapter twice the weight of the others."
	onDelta   = "ΔW = s·B·A is what an adapter does: merging it is exact for any alpha and rank."
)

// writeMerge adds the stages from a stage to the one to save, and gives its name.
func (d *draft) writeMerge(t *draftText, from string) string {
	method := draftMethods[d.Method]
	comment := []string{method.about, sized}
	if d.headers.Gaps {
		comment = append(comment, countZero)
	}
	weights := d.weights()
	if strings.HasPrefix(weights, "{") {
		comment = append(comment, fmt.Sprintf(sumToOne, d.averaged()))
	} else {
		comment = append(comment, fmt.Sprintf(weighs, d.adapters[0].Name))
	}
	if d.headers.Rows {
		comment = append(comment, keepRows)
	}
	for _, f := range d.findings {
		if f.About != relate.Size || f.Remedy != "" && !method.directs {
			comment = append(comment, printable.Wrap(f.Sentence(), commentWidth))
		}
	}
	if !method.steps {
		comment = append(comment, onDelta, d.cutText())
		d.writeMethod(t, from, comment)
		if d.Method != "svd" {
			t.line("    space: delta")
		}
		t.line("    rank: %d", d.Rank)
		return "merged"
	}
	t.stage("deltas", onDelta)
	t.line("    delta: %s", from)
	d.writeMethod(t, "deltas", comment)
	t.stage("back", d.cutText())
	t.line("    factor: merged\n    rank: %d", d.Rank)
	return "back"
}

func (d *draft) writeMethod(t *draftText, from string, comment []string) {
	method := draftMethods[d.Method]
	t.stage("merged", strings.Join(comment, "\n"))
	t.line("    %s: %s", d.Method, from)
	if method.extra != "" {
		t.line("    %s", method.extra)
	}
	if weights := d.weights(); weights != "" {
		t.line("    weights: %s", weights)
	}
	if d.headers.Gaps {
		t.line("    missing: zero")
	}
	t.line("    norm: inputs")
}

// weights are those that must be written: of a sum that also averages whole tensors, and of a slerp,
// which needs them.
func (d *draft) weights() string {
	switch {
	case d.headers.Averages() && (d.Method == "sum" || d.Method == "svd"):
		return d.shares()
	case d.Method == "slerp":
		return "1"
	}
	return ""
}

// averaged names what the weights must sum to 1 for.
func (d *draft) averaged() string {
	switch {
	case !d.headers.Shared:
		return "heads and biases"
	case !d.headers.Heads:
		return "rows of tokens that several adapters have"
	}
	return "heads, and rows of tokens that several adapters have"
}

// cutText says what the rank keeps, what a lower one would, and what servers need for it.
func (d *draft) cutText() string {
	text := fmt.Sprintf("Rank %d is the sum of the adapters' ranks", d.Rank)
	switch {
	case d.Rank > d.headers.RankSum:
		text = fmt.Sprintf("Rank %d is more than %d, the sum of the adapters' ranks", d.Rank, d.headers.RankSum)
	case d.Rank < d.headers.RankSum:
		text = fmt.Sprintf("The sum of the adapters' ranks is %d, and rank %d is less", d.headers.RankSum, d.Rank)
	}
	if d.cut == nil {
		text += ".\nWhat a rank costs depends on the merge: `loramerge run` says which share of ‖ΔW‖² is lost;\nabout that share of the effect goes with it."
	} else {
		text += d.keptText()
	}
	if !d.forServers() {
		return text
	}
	return text + "\n" + serverText(d.Rank)
}

func (d *draft) keptText() string {
	var lower []string
	for _, rank := range relate.LowerRanks {
		if rank < d.Rank {
			lower = append(lower, fmt.Sprintf("rank %d keeps %s", rank, relate.KeptPercent(d.cut.Kept(rank))))
		}
	}
	text := fmt.Sprintf(": it keeps %s of ‖ΔW‖²", relate.KeptPercent(d.cut.Kept(d.Rank)))
	if d.cut.Every > 1 {
		text += fmt.Sprintf(" (of every %s module)", relate.Ordinal(d.cut.Every))
	}
	if len(lower) == 0 {
		return text + "."
	}
	return text + ",\n" + strings.Join(lower, ", ") + ", and about that share of the effect."
}

func serverText(rank int) string {
	flag, loads := stages.VLLMFlag(rank)
	switch {
	case !loads:
		return "vLLM does not accept a rank that large."
	case flag == 0:
		return "vLLM accepts this rank without a flag."
	}
	return fmt.Sprintf("vLLM accepts this rank with --max-lora-rank %d.", flag)
}
