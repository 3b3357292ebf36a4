package gguf

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/adapter"
)

// layer is a kind of module that an adapter in GGUF can change.
type layer struct {
	module string // its name in transformers, behind model. or model.layers.N.
	tensor string // its weight's in GGUF, behind blk.N.
	fused  int    // 1 where models with fused layers alone have it, -1 where they don't
	out    func(*base) int
	in     func(*base) int
	heads  func(*base) int // of q and k
}

func hidden(b *base) int       { return b.Hidden }
func intermediate(b *base) int { return b.Intermediate }
func bothHalves(b *base) int   { return 2 * b.Intermediate }
func queries(b *base) int      { return b.Heads * b.headDim() }
func keys(b *base) int         { return b.KeyValueHeads * b.headDim() }
func queriesKeys(b *base) int  { return queries(b) + 2*keys(b) }
func heads(b *base) int        { return b.Heads }
func kvHeads(b *base) int      { return b.KeyValueHeads }
func unknown(*base) int        { return 0 }

// layers are the names (llama.cpp, gguf-py/gguf/tensor_mapping.py), and the shapes by config.json;
// 0 is one that it does not tell.
var layers = []layer{
	{"self_attn.q_proj", "attn_q", -1, queries, hidden, heads},
	{"self_attn.k_proj", "attn_k", -1, keys, hidden, kvHeads},
	{"self_attn.v_proj", "attn_v", -1, keys, hidden, nil},
	{"self_attn.qkv_proj", "attn_qkv", 1, queriesKeys, hidden, nil},
	{"self_attn.o_proj", "attn_output", 0, hidden, queries, nil},
	{"mlp.gate_proj", "ffn_gate", -1, intermediate, hidden, nil},
	{"mlp.up_proj", "ffn_up", -1, intermediate, hidden, nil},
	{"mlp.gate_up_proj", "ffn_up", 1, bothHalves, hidden, nil},
	{"mlp.down_proj", "ffn_down", 0, hidden, intermediate, nil},
}

// The two that lie in no layer.
var (
	embedding = layer{module: "embed_tokens", tensor: "token_embd", out: hidden, in: unknown}
	output    = layer{module: "lm_head", tensor: "output", out: unknown, in: hidden}
)

func (l *layer) of(a *architecture) bool { return l.fused == 0 || (l.fused > 0) == a.fused }

// roots are what stands before layers.N. and embed_tokens: of a model that reads images too, the
// language model has a name of its own.
var roots = []string{"model.language_model.", "language_model.model.", "model."}

// place is where a module goes.
type place struct {
	*layer
	root   string
	number string // of the layer; empty where it lies in none
}

var numbered = regexp.MustCompile(`^layers\.(0|[1-9]\d{0,6})\.(.*)$`)

// placeOf finds the place of a module in a model.
func placeOf(module string, a *architecture) (place, bool) {
	if module == "lm_head" || module == "language_model.lm_head" {
		return place{&output, strings.TrimSuffix(module, "lm_head"), ""}, true
	}
	for _, root := range roots {
		rest, found := strings.CutPrefix(module, root)
		if !found {
			continue
		}
		if rest == embedding.module {
			return place{&embedding, root, ""}, true
		}
		if m := numbered.FindStringSubmatch(rest); m != nil {
			for i := range layers {
				if layers[i].module == m[2] && layers[i].of(a) {
					return place{&layers[i], root, m[1]}, true
				}
			}
		}
		return place{}, false
	}
	return place{}, false
}

// weight is the name of the base model's tensor.
func (p place) weight() string {
	if p.number == "" {
		return p.tensor + ".weight"
	}
	return "blk." + p.number + "." + p.tensor + ".weight"
}

var block = regexp.MustCompile(`^blk\.(0|[1-9]\d{0,6})\.([a-z_]+)\.weight$`)

// moduleOf is the module whose weight has a name in GGUF, as the model calls it below a root; false
// if that is not known.
func moduleOf(weight, root string, a *architecture) (string, *layer, bool) {
	switch {
	case a == nil:
		return "", nil, false
	case weight == embedding.tensor+".weight":
		return root + embedding.module, &embedding, true
	case weight == output.tensor+".weight":
		return output.module, &output, true
	}
	m := block.FindStringSubmatch(weight)
	if m == nil {
		return "", nil, false
	}
	for i := range layers {
		if layers[i].tensor == m[2] && layers[i].of(a) {
			return root + "layers." + m[1] + "." + layers[i].module, &layers[i], true
		}
	}
	return "", nil, false
}

// misfit says how a pair differs from what config.json says of its layer; empty if it does not.
func (p place) misfit(m *adapter.Module, b *base) string {
	out, in := m.Out(), m.In()
	if n, err := strconv.Atoi(p.number); err == nil && b.Layers > 0 && n >= b.Layers {
		return fmt.Sprintf("lies in layer %d, and by its config.json the base model has %d", n, b.Layers)
	}
	if want := p.out(b); want > 0 && out != want {
		return fmt.Sprintf("has %d outputs, and by its config.json the base model has %d there", out, want)
	}
	if want := p.in(b); want > 0 && in != want {
		return fmt.Sprintf("has %d inputs, and by its config.json the base model has %d there", in, want)
	}
	if p.heads != nil && b.arch.interleaved && out%(2*p.heads(b)) != 0 {
		return fmt.Sprintf("has %d outputs, which don't come to an even number for each of %d heads", out, p.heads(b))
	}
	return ""
}
