package merge

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/recipetext"
)

// draftText is a recipe's text as it grows.
type draftText struct{ bytes.Buffer }

func (t *draftText) line(format string, args ...any) { fmt.Fprintf(&t.Buffer, format+"\n", args...) }

// stage begins a stage, after a comment that says why it is there.
func (t *draftText) stage(name, comment string) {
	t.line("")
	for line := range strings.Lines(comment) {
		t.line("  # %s", strings.TrimSuffix(line, "\n"))
	}
	t.line("  %s:", name)
}

func (d *draft) text() []byte {
	var t draftText
	t.line("# A %s merge of %d adapters, drafted by `loramerge init`. Change it as you like:", d.method, len(d.adapters))
	t.line("# `loramerge plan` shows what a change does, and `loramerge run` carries it out.")
	t.line("#")
	for _, a := range d.adapters {
		t.line("#   %s: %s", a.name, a.describe())
	}
	t.line("version: 1")
	if d.name != "" {
		t.line("name: %s", recipetext.Scalar(d.name))
	}
	d.writeBase(&t)
	if strings.HasPrefix(d.method, "dare") {
		t.line("# Another seed drops other elements.\nseed: 42")
	}
	t.line("stages:\n  # A path is relative to this file.\n  adapters:\n    load:")
	for _, a := range d.adapters {
		t.line("      %s: %s", a.name, recipetext.Scalar(a.path))
	}
	d.writeMerge(&t, d.writeSelect(&t))
	t.stage("out", "Two files, for PEFT and vLLM to load.")
	t.line("    save: merged\n    to: %s", recipetext.Scalar("out/"+cmp.Or(d.name, "merged")))
	return t.Bytes()
}

// describe sums an adapter up in a line.
func (a *draftAdapter) describe() string {
	pairs, whole, ranks, alphas := 0, 0, Range{math.Inf(1), 0}, Range{math.Inf(1), math.Inf(-1)}
	for i := range a.Modules {
		m := &a.Modules[i]
		if m.Form == adapter.Whole {
			whole++
			continue
		}
		pairs++
		ranks = Range{min(ranks.Min, float64(m.Rank)), max(ranks.Max, float64(m.Rank))}
		alphas = Range{min(alphas.Min, m.Alpha), max(alphas.Max, m.Alpha)}
	}
	text := fmt.Sprintf("%d pairs", pairs)
	if pairs > 0 {
		text += fmt.Sprintf(" of rank %s and alpha %s", ranks, alphas)
	}
	if whole > 0 {
		text += fmt.Sprintf(", whole tensors: %d", whole)
	}
	if base := a.Config.BaseModel().String(); base != "" {
		return text + fmt.Sprintf(", for %q", base)
	}
	return text + ", for a base model that it does not name"
}

// String is one figure, or two.
func (r Range) String() string {
	if r.Min == r.Max {
		return fmt.Sprintf("%.6g", r.Min)
	}
	return fmt.Sprintf("%.6g to %.6g", r.Min, r.Max)
}

func (d *draft) writeBase(t *draftText) {
	if len(d.bases) < 2 {
		return
	}
	t.line("\n# The adapters name different base models. With this line you vouch that they mean the")
	t.line("# same one; if they don't, the merge has no meaning.")
	t.line("base: %s\n", recipetext.Scalar(d.bases[0]))
}

// writeSelect leaves out what can't be averaged, and gives the stage to go on from.
func (d *draft) writeSelect(t *draftText) string {
	if len(d.left) == 0 {
		return "adapters"
	}
	t.stage("alike", "Whole tensors that some adapters lack, or have in another shape, or that hold no floating\n"+
		"point numbers, can't be averaged. The merged adapter goes without them.")
	t.line("    select: adapters\n    exclude:")
	for _, name := range d.left {
		t.line("      - %s", recipetext.Scalar(name))
	}
	return "alike"
}

// shares are equal weights of six decimals that sum to 1.
func (d *draft) shares() string {
	n := len(d.adapters)
	each := math.Round(1e6/float64(n)) / 1e6
	parts := make([]string, n)
	for i, a := range d.adapters {
		share := each
		if i == n-1 {
			share = math.Round((1-each*float64(n-1))*1e6) / 1e6
		}
		parts[i] = fmt.Sprintf("%s: %s", a.name, strconv.FormatFloat(share, 'f', -1, 64))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
