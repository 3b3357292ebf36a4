package gen

import (
	"fmt"

	"github.com/loramerge/loramerge/internal/safetensors"
)

// Examples are the adapters of testdata/adapters: three that merge as they are,
// one of them in bfloat16, and one of another rank and alpha.
func Examples() []Spec {
	example := Spec{Base: "loramerge/tiny-base", Modules: Tiny(), Rank: 8, Alpha: 16, DType: safetensors.F32}
	python, sql, contracts, chat := example, example, example, example
	python.Name = "python"
	sql.Name = "sql"
	contracts.Name, contracts.DType = "contracts", safetensors.BF16
	chat.Name, chat.Rank, chat.Alpha = "chat", 4, 4
	return []Spec{python, sql, contracts, chat}
}

// HeldoutExamples are documents for the tasks of two of the Examples, by the names of their files.
func HeldoutExamples() map[string][]byte {
	out := make(map[string][]byte)
	for _, spec := range Examples()[:2] {
		out[spec.Name+".jsonl"] = Heldout(spec, Tiny()[1], 120)
	}
	return out
}

// Tiny is a pretend model of three layers, for adapters of a few kilobytes. Its
// layers are not square, so that a swapped dimension shows.
func Tiny() []Module {
	return layers(3,
		Module{Name: "self_attn.q_proj", Out: 32, In: 32},
		Module{Name: "self_attn.v_proj", Out: 16, In: 32},
		Module{Name: "mlp.down_proj", Out: 32, In: 48})
}

// Mistral7B has the linear layers of Mistral 7B (arXiv:2310.06825, table 1): 32
// layers, dimension 4096, 8 key-value heads of 128, hidden dimension 14336.
func Mistral7B() []Module { return linear(32, 4096, 8*128, 14336) }

// Llama1B has those of Llama 3.2 1B (its config.json): 16 layers, dimension 2048, 8 key-value
// heads of 64, hidden dimension 8192.
func Llama1B() []Module { return linear(16, 2048, 8*64, 8192) }

// Qwen30BA3B has the experts of Qwen3-30B-A3B (its config.json): 48 layers of 128 experts,
// dimension 2048, hidden dimension 768. Gate and up are one matrix.
func Qwen30BA3B() []Module {
	return layers(48,
		Module{Name: "mlp.experts.gate_up_proj", Out: 2 * 768, In: 2048, Experts: 128},
		Module{Name: "mlp.experts.down_proj", Out: 2048, In: 768, Experts: 128})
}

// linear are the linear layers of a Llama.
func linear(n, dim, kv, hidden int) []Module {
	return layers(n,
		Module{Name: "self_attn.q_proj", Out: dim, In: dim},
		Module{Name: "self_attn.k_proj", Out: kv, In: dim},
		Module{Name: "self_attn.v_proj", Out: kv, In: dim},
		Module{Name: "self_attn.o_proj", Out: dim, In: dim},
		Module{Name: "mlp.gate_proj", Out: hidden, In: dim},
		Module{Name: "mlp.up_proj", Out: hidden, In: dim},
		Module{Name: "mlp.down_proj", Out: dim, In: hidden})
}

// layers repeats the modules of one layer, whose names lack the layer's part.
func layers(n int, layer ...Module) []Module {
	var out []Module
	for i := range n {
		for _, m := range layer {
			m.Name = fmt.Sprintf("model.layers.%d.%s", i, m.Name)
			out = append(out, m)
		}
	}
	return out
}
