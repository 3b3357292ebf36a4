package stages

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
)

// reader is a program that loads what save writes, and what it makes of a folder that
// PEFT would load.
type reader struct {
	name, title string
	format      adapter.Format
	ranked      bool // it has a --max-lora-rank
	rules       []func(reader, *folder) *finding
}

// finding is what a reader can't load or would read wrongly; or a note, where newer
// releases or a flag load it.
type finding struct {
	text   string
	note   bool
	fixes  fixes  // by stages before the save
	remedy string // where no stage is one
}

// differing is a pair whose figure is not that of the first, and the first; nil where all agree.
func differing(pairs []*adapter.Module, figure func(*adapter.Module) float64) (first, other *adapter.Module) {
	for _, m := range pairs {
		if figure(m) != figure(pairs[0]) {
			return pairs[0], m
		}
	}
	return nil, nil
}

func pairScale(m *adapter.Module) float64 { return m.Scale }
func pairRank(m *adapter.Module) float64  { return float64(m.Rank) }

// even brings all pairs to one rank, and to one scale where they have several, or one
// of rsLoRA.
func (f *folder) even() fixes {
	_, scale := differing(f.pairs, pairScale)
	_, rank := differing(f.pairs, pairRank)
	out := fixes{fold: scale != nil || f.config.UseRSLoRA}
	if rank != nil {
		out.rank = f.config.R
	}
	return out
}

// undecided is the note of a rule on ranks that a run has yet to choose.
func (r reader) undecided(of string) *finding {
	return &finding{note: true, text: fmt.Sprintf("the run chooses a rank for each module, and %s wants one for %s: it stops if they differ", r.title, of),
		remedy: "give one `rank` instead where they are chosen"}
}

func pairsAlone(r reader, f *folder) *finding {
	if len(f.wholes) == 0 {
		return nil
	}
	return &finding{text: fmt.Sprintf("%s leaves out whole tensors such as %q", r.title, f.wholes[0].Name), fixes: fixes{drop: f.globs(f.wholes)}}
}

func withinLimit(_ reader, f *folder) *finding {
	switch {
	case f.limit == 0 || f.config.R <= f.limit:
		return nil
	case f.pending:
		return &finding{note: true, text: fmt.Sprintf("the run chooses ranks up to %d, and stops if one is above max-lora-rank: %d", f.config.R, f.limit),
			remedy: fmt.Sprintf("give `max-rank: %d` where they are chosen", f.limit)}
	}
	return &finding{text: fmt.Sprintf("this adapter has rank %d, above max-lora-rank: %d", f.config.R, f.limit), fixes: fixes{rank: f.limit, truncate: true}}
}

// oneRankAndAlpha: a value in a pattern that differs from r or lora_alpha is refused.
func oneRankAndAlpha(r reader, f *folder) *finding {
	_, rank := differing(f.pairs, pairRank)
	_, scale := differing(f.pairs, pairScale)
	switch {
	case f.pending && scale == nil:
		return r.undecided("all")
	case len(f.config.RankPattern)+len(f.config.AlphaPattern) == 0:
		return nil
	case rank != nil:
		return &finding{fixes: f.even(), text: fmt.Sprintf("%s refuses modules of several ranks: %q has %d and %q has %d", r.title, f.pairs[0].Name, f.pairs[0].Rank, rank.Name, rank.Rank)}
	}
	return &finding{fixes: f.even(), text: fmt.Sprintf("%s refuses modules of several alphas: %q has another than %q", r.title, scale.Name, f.pairs[0].Name)}
}

func rsLoRA(r reader, f *folder) *finding {
	if !f.config.UseRSLoRA {
		return nil
	}
	return &finding{note: true, text: fmt.Sprintf("old releases of %s scale an adapter of use_rslora by alpha/r", r.title), fixes: fixes{fold: true}}
}

func linearAlone(r reader, f *folder) *finding {
	at := slices.IndexFunc(f.pairs, func(m *adapter.Module) bool { return m.Form != adapter.Linear })
	if at < 0 {
		return nil
	}
	return &finding{text: fmt.Sprintf("%s leaves out %q, whose layer is not linear (%s)", r.title, f.pairs[at].Name, f.pairs[at].Form),
		fixes: fixes{drop: f.globs(slices.DeleteFunc(slices.Clone(f.pairs), func(m *adapter.Module) bool { return m.Form == adapter.Linear }))}}
}

func oneScale(r reader, f *folder) *finding {
	first, other := differing(f.pairs, pairScale)
	if other == nil {
		return nil
	}
	return &finding{fixes: fixes{fold: true},
		text: fmt.Sprintf("%s takes one alpha/r for all modules, and %q has %.6g where %q has %.6g", r.title, other.Name, other.Scale, first.Name, first.Scale)}
}

// oneRankOfKind: the pairs of one kind are stacked over the layers.
func oneRankOfKind(r reader, f *folder) *finding {
	kinds := make(map[string]*adapter.Module)
	for _, m := range f.pairs {
		_, kind := LayerOf(m.Name)
		first := kinds[kind]
		switch {
		case first == nil:
			kinds[kind] = m
		case f.pending:
			return r.undecided("a kind of module in all layers")
		case first.Rank != m.Rank:
			return &finding{fixes: fixes{rank: f.config.R}, text: fmt.Sprintf("%s wants one rank for a kind of module in all layers: %q has %d and %q has %d", r.title, first.Name, first.Rank, m.Name, m.Rank)}
		}
	}
	return nil
}

// everyLayer: a kind of module that one layer lacks is passed over in all of them.
func everyLayer(r reader, f *folder) *finding {
	stacks := stacksOf(f.pairs)
	for _, s := range stacks {
		kind, layer, gap := s.gap()
		if !gap {
			continue
		}
		found := &finding{text: fmt.Sprintf("%s passes a kind of module over in all layers where one lacks it, as layer %d lacks %q", r.title, layer, kind)}
		if len(stacks) == 1 {
			found.remedy = fmt.Sprintf("add `fill-layers: %d`, or how many layers the base model has, which puts a pair of zeros there", s.last+1)
		} else {
			found.fixes.drop = []string{kind}
		}
		return found
	}
	return nil
}

// ggufWhole: the converter keeps norms, passes over base_layer, and stops at all other
// tensors that are no halves of pairs.
func ggufWhole(r reader, f *folder) *finding {
	refused := slices.DeleteFunc(slices.Clone(f.wholes), func(m *adapter.Module) bool {
		return strings.Contains(m.Name, "_layernorm") || strings.Contains(m.Name, ".norm") || strings.Contains(m.Name, ".base_layer.weight")
	})
	if len(refused) == 0 {
		return nil
	}
	return &finding{text: fmt.Sprintf("%s stops at whole tensors such as %q", r.title, refused[0].Name), fixes: fixes{drop: f.globs(refused)}}
}

// ggufConv: it asks that A's last dimension but one be B's last.
func ggufConv(r reader, f *folder) *finding {
	convs := slices.DeleteFunc(slices.Clone(f.pairs), func(m *adapter.Module) bool { return m.Form != adapter.Conv })
	if len(convs) == 0 {
		return nil
	}
	return &finding{text: fmt.Sprintf("%s stops at convolutions such as %q", r.title, convs[0].Name), fixes: fixes{drop: f.globs(convs)}}
}

// stackedExperts are those of the pairs.
func (f *folder) stackedExperts() []*adapter.Module {
	return slices.DeleteFunc(slices.Clone(f.pairs), func(m *adapter.Module) bool { return m.Form != adapter.Expert })
}

// ggufExperts: it knows no base tensor by the name of a parameter's wrapper.
func ggufExperts(r reader, f *folder) *finding {
	experts := f.stackedExperts()
	if len(experts) == 0 {
		return nil
	}
	return &finding{text: fmt.Sprintf("%s stops at stacked experts such as %q", r.title, experts[0].Name), fixes: fixes{drop: f.globs(experts)}}
}

// untriedExperts: its sources say nothing of target_parameters.
func untriedExperts(r reader, f *folder) *finding {
	experts := f.stackedExperts()
	if len(experts) == 0 {
		return nil
	}
	return &finding{note: true, text: fmt.Sprintf("%s is not known to load stacked experts such as %q", r.title, experts[0].Name),
		remedy: "compare its answers with PEFT's before you rely on them"}
}

// ggufScales: what is written is lora_alpha, by which llama.cpp scales each pair as
// lora_alpha / its own rank, in float32.
func ggufScales(r reader, f *folder) *finding {
	_, scale := differing(f.pairs, pairScale)
	if f.pending && scale == nil && len(f.pairs) > 1 {
		return r.undecided("a kind of module in all layers")
	}
	for _, m := range f.pairs {
		if theirs := f.config.Alpha / float64(m.Rank); math.Abs(theirs-m.Scale) > math.Abs(m.Scale)*0x1p-24 {
			return &finding{fixes: f.even(), text: fmt.Sprintf("llama.cpp scales a pair by lora_alpha / its rank: %q would get %.6g and has %.6g", m.Name, theirs, m.Scale)}
		}
	}
	return nil
}

func ggufBase(r reader, f *folder) *finding {
	if f.config.Base != nil {
		return nil
	}
	return &finding{note: true, text: fmt.Sprintf("no base model is named, which %s looks for: start it with `--base FOLDER`", r.title), remedy: "name it with the line `base: NAME`"}
}
