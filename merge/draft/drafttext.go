package draft

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/internal/recipetext"
	"github.com/loramerge/loramerge/merge/relate"
	"github.com/loramerge/loramerge/stages"
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
	t.line("# A merge of %d adapters by %s, drafted by `loramerge init`. `loramerge plan` shows what a", len(d.adapters), d.Method)
	t.line("# change does, and `loramerge run` runs it.")
	t.line("#")
	for _, a := range d.adapters {
		t.line("#   %s: %s", a.Name, a.describe())
	}
	t.line("version: 1")
	if d.Name != "" {
		t.line("name: %s", recipetext.Scalar(d.Name))
	}
	if d.Base != "" {
		t.line("# Whoever wrote this line vouches that the adapters belong to this base model.\nbase: %s", recipetext.Scalar(d.Base))
	}
	if strings.HasPrefix(d.Method, "dare") {
		t.line("# Another seed drops other elements.\nseed: 42")
	}
	t.line("stages:\n  # A path is relative to this file.\n  adapters:\n    load:")
	for _, a := range d.adapters {
		t.line("      %s: %s", a.Name, recipetext.Scalar(a.path))
	}
	inputs := d.writeSelect(&t)
	merged := d.writeMerge(&t, inputs)
	t.stage("out", d.outText())
	t.line("    save: %s\n    to: %s", merged, recipetext.Scalar("out/"+cmp.Or(d.Name, "merged")))
	if len(d.For) == 1 {
		t.line("    for: %s", recipetext.Scalar(d.For[0]))
	} else if len(d.For) > 1 {
		t.line("    for: [%s]", strings.Join(d.For, ", "))
	}
	if d.BaseConfig != "" {
		t.line("    base-config: %s", recipetext.Scalar(d.BaseConfig))
	}
	if flag, _ := stages.VLLMFlag(d.Rank); flag > 0 && slices.Contains(d.For, "vllm") {
		t.line("    # What vLLM is started with.\n    max-lora-rank: %d", flag)
	}
	d.writeEvaluate(&t, inputs, merged)
	return t.Bytes()
}

// forServers reports whether the output is a folder of PEFT, which servers load too.
func (d *draft) forServers() bool {
	inputs := make([]*adapter.Adapter, len(d.adapters))
	for i, a := range d.adapters {
		inputs[i] = a.Adapter
	}
	return stages.ForServers(d.For, inputs)
}

func (d *draft) outText() string {
	switch {
	case d.forServers():
		return "A folder for PEFT and for servers to load."
	case len(d.For) > 0:
		return fmt.Sprintf("A folder for %s to load.", strings.Join(d.For, " and "))
	}
	return "A folder of the adapters' own format."
}

// describe sums an adapter up in a line.
func (a *draftAdapter) describe() string {
	s := relate.SizesOf(a.Adapter)
	text := fmt.Sprintf("%s of rank %s and alpha %s", printable.Count(s.Pairs, "pair"), s.Ranks, s.Alphas)
	if s.Whole > 0 {
		text += fmt.Sprintf(", whole tensors: %d", s.Whole)
	}
	if s.Rows > 0 {
		text += ", " + adapter.RowsText(s.Rows)
	}
	if base := a.Base.String(); base != "" {
		return text + fmt.Sprintf(", for %q", base)
	}
	return text + ", for a base model that it does not name"
}

func (d *draft) leftText() string {
	if d.pairsAlone {
		return "What is to load the merged adapter (" + strings.Join(d.For, ", ") + ") accepts no whole tensors: they are left out."
	}
	return "Whole tensors (heads, biases) that some adapters lack, or have in another shape, or that hold no\n" +
		"floating point numbers can't be averaged: the merged adapter goes without them."
}

// writeSelect leaves out what can't be averaged, and gives the stage to go on from.
func (d *draft) writeSelect(t *draftText) string {
	inputs := d.headers.Inputs()
	if len(d.headers.Left) == 0 {
		return inputs
	}
	t.stage(inputs, d.leftText())
	t.line("    select: adapters\n    exclude:")
	for _, name := range d.headers.Left {
		t.line("      - %s", recipetext.Scalar(name))
	}
	return inputs
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
		parts[i] = fmt.Sprintf("%s: %s", a.Name, strconv.FormatFloat(share, 'f', -1, 64))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
