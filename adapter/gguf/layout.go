package gguf

import (
	"cmp"
	"math"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/gguf"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// The keys of what llama.cpp looks at (src/llama-adapter.cpp), and some that it knows.
const (
	keyType         = "general.type"         // adapter
	keyArchitecture = "general.architecture" // the base model's
	keyAdapterType  = "adapter.type"         // lora
	keyAlpha        = "adapter.lora.alpha"   // f32
	keyInvocation   = "adapter.alora.invocation_tokens"
	keyBases        = "general.base_model.count" // u32
	keyBase         = "general.base_model.0.name"
	keyHeads        = ".attention.head_count" // behind the architecture, as in the base model's own file
	keyKeyHeads     = ".attention.head_count_kv"
	keyRoot         = "loramerge.root" // what the model calls that in which its layers lie
)

// Layout needs the base model's configuration. Of what can't be held, an *adapter.Unheld
// names the modules.
func (format) Layout(content adapter.Content) (*adapter.Layout, error) {
	if content.BaseConfig == nil {
		return nil, fault.New("a GGUF file says what model it is for in llama.cpp's own terms, which are not in the adapters").
			Mend("add `base-config: FOLDER` with the base model's config.json, which alone is read").See("gguf")
	}
	b, err := parseBase(content.BaseConfig)
	if err != nil {
		return nil, err
	}
	places, err := placed(content.Modules, b)
	if err != nil {
		return nil, err
	}
	scales := scalingOf(content.Modules)
	layout := &adapter.Layout{Names: format{}.Names(), Library: "gguf", Rank: scales.rank, Packing: packing{b.pairs(content.Base, scales, rootOf(places))}, Rounds: scales.rounds(content.Modules)}
	for i, m := range content.Modules {
		layout.Stored = append(layout.Stored, stored(m, places[i], b, scales)...)
	}
	return layout, nil
}

// placed finds the modules' places, or what stands in the way.
func placed(modules []*adapter.Module, b *base) ([]place, error) {
	var all *multierror.Error
	wrong := &unheld{base: b}
	places := make([]place, len(modules))
	taken := make(map[string]string, len(modules))
	for i, m := range modules {
		p, known := placeOf(m.Name, b.arch)
		if places[i] = p; !wrong.add(m, p, known) {
			continue
		}
		if other, twice := taken[p.weight()]; twice {
			all = multierror.Append(all, fault.New("%q and %q are one module of llama.cpp", other, m.Name).Mend("name both by one root with `rename` where they are loaded"))
		}
		taken[p.weight()] = m.Name
		if what := p.misfit(m, b); what != "" && wrong.misfits == 0 {
			wrong.misfits++
			all = multierror.Append(all, fault.New("%q %s", m.Name, what).Mend(rightConfig).See("gguf"))
		}
		if m.A.DType == adapter.F64 || m.B.DType == adapter.F64 {
			wrong.wide = m
		}
	}
	if wrong.wide != nil {
		all = multierror.Append(all, fault.New("llama.cpp computes with no float64, the dtype of %q", wrong.wide.Name).Mend("add `dtype: float32`"))
	}
	return places, multierror.Append(all, wrong.faults()...).ErrorOrNil()
}

// unheld sorts what can't be held by the reason.
type unheld struct {
	base    *base
	wholes  []*adapter.Module
	convs   []*adapter.Module
	heads   []*adapter.Module // of a model that has none
	others  []*adapter.Module
	misfits int
	wide    *adapter.Module
}

// add reports whether a module can be held.
func (u *unheld) add(m *adapter.Module, p place, known bool) bool {
	switch {
	case m.Form == adapter.Whole:
		u.wholes = append(u.wholes, m)
	case m.Form == adapter.Conv:
		u.convs = append(u.convs, m)
	case !known || (m.Form == adapter.Embedding) != (p.layer == &embedding):
		u.others = append(u.others, m)
	case p.layer == &output && u.base.ties():
		u.heads = append(u.heads, m)
	default:
		return true
	}
	return false
}

func (u *unheld) faults() []error {
	var all []error
	for _, found := range []struct {
		modules []*adapter.Module
		format  string
	}{
		{u.wholes, "a GGUF adapter holds pairs alone, and %q is a whole tensor"},
		{u.convs, "a GGUF adapter holds no convolution such as %q"},
		{u.others, "llama.cpp's architecture " + u.base.arch.name + " has no place for %q in an adapter"},
		{u.heads, "the base model's output is its embedding, and llama.cpp has none of its own to which %q could be added"},
	} {
		if len(found.modules) > 0 {
			all = append(all, &adapter.Unheld{Fault: fault.New(found.format, found.modules[0].Name).See("gguf"), Modules: found.modules})
		}
	}
	return all
}

// stored are the places of a pair's tensors.
func stored(m *adapter.Module, p place, b *base, scales scaling) []adapter.Place {
	rank, to, heads, factor := m.Rank, cmp.Or(scales.rank, m.Rank), 0, float32(1)
	if p.heads != nil && b.arch.interleaved {
		heads = p.heads(b)
	}
	if scales.folded {
		factor = float32(m.Scale)
	}
	shapeA := []int{to, m.In()}
	arrangeA := func(x []float32) []float32 { return storedA(x, rank, to) }
	if m.Form == adapter.Embedding {
		slices.Reverse(shapeA)
		arrangeA = func(x []float32) []float32 { return storedEmbeddingA(x, rank, to) }
	} else if rank == to {
		arrangeA = nil
	}
	arrangeB := func(x []float32) []float32 { return storedB(x, rank, to, heads, factor) }
	if rank == to && heads == 0 && factor == 1 {
		arrangeB = nil
	}
	return []adapter.Place{
		{Spec: safetensors.Spec{Name: p.weight() + ".lora_a", DType: m.A.DType, Shape: shapeA}, Module: m, Index: 0, Arrange: arrangeA},
		{Spec: safetensors.Spec{Name: p.weight() + ".lora_b", DType: m.B.DType, Shape: []int{m.Out(), to}}, Module: m, Index: 1, Arrange: arrangeB},
	}
}

// pairs are the key-value pairs before those of the metadata.
func (b *base) pairs(of adapter.Base, scales scaling, root string) []gguf.Pair {
	all := []gguf.Pair{
		gguf.TextPair(keyArchitecture, b.arch.name), gguf.TextPair(keyType, "adapter"), gguf.TextPair(keyAdapterType, "lora"),
		{Key: keyAlpha, Kind: gguf.Float32, Bits: uint64(math.Float32bits(scales.alpha))},
	}
	if of.Name != "" {
		all = append(all, number(keyBases, 1), gguf.TextPair(keyBase, of.String()))
	}
	if b.arch.interleaved {
		all = append(all, number(b.arch.name+keyHeads, b.Heads), number(b.arch.name+keyKeyHeads, b.KeyValueHeads))
	}
	if root != roots[len(roots)-1] {
		all = append(all, gguf.TextPair(keyRoot, root))
	}
	return all
}

func number(key string, n int) gguf.Pair {
	return gguf.Pair{Key: key, Kind: gguf.Uint32, Bits: uint64(n)}
}

// rootOf is the root that most adapters have throughout.
func rootOf(places []place) string {
	for _, p := range places {
		if p.layer != &output {
			return p.root
		}
	}
	return roots[len(roots)-1]
}
