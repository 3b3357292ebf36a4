package gguf_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/gguf"
	"github.com/loramerge/loramerge/adapter/peft"
)

const vectors = "../../../shared/formats/vectors"

// tinyLlama is the model that the vectors are for.
const tinyLlama = `{"architectures": ["LlamaForCausalLM"], "hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 2}`

const tinyPhi = `{"architectures": ["Phi3ForCausalLM"], "hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 2, "intermediate_size": 48}`

func needVectors(t *testing.T) {
	if _, err := os.Stat(vectors); err != nil {
		t.Skip("no vectors here:", err)
	}
}

// TestVectorsAreWritten writes what other code wrote from the same PEFT folder. ΔW is that of
// vectors/expected bit for bit, and where the other code makes the same choices the tensors are.
func TestVectorsAreWritten(t *testing.T) {
	needVectors(t)
	for _, c := range []struct{ peft, expected, same, config string }{
		{"r4", "r4", "r4-llama-f32", tinyLlama},
		{"r4-f16", "r4", "r4-llama-f16", tinyLlama},
		{"r4-bf16", "r4", "r4-llama-bf16", tinyLlama},
		{"r8", "r8", "r8-llama-f32", tinyLlama},
		{"rslora", "rslora", "rslora-llama-f32", tinyLlama},
		{"embed-r4", "embed-r4", "embed-r4-llama-f32", tinyLlama},
		{"phi3-r4", "phi3-r4", "phi3-r4-phi3-f32", tinyPhi},
		{"mixed", "mixed", "", tinyLlama}, // the vector pads to one rank, and here scales are folded
		{"r4", "r4", "", `{"model_type": "qwen2", "hidden_size": 32, "num_hidden_layers": 2}`},
	} {
		t.Run(c.peft, func(t *testing.T) {
			from, err := peft.Format.Open(filepath.Join(vectors, "peft", c.peft), adapter.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer from.Close()
			got := readFile(t, write(t, from, c.config))
			checkDeltas(t, got, c.expected, c.config == tinyLlama)
			if c.same == "" {
				return
			}
			want := readFile(t, filepath.Join(vectors, "gguf", c.same+".gguf"))
			for name, m := range want.tensors {
				is := got.tensors[name]
				if is.rows != m.rows || is.columns != m.columns || is.kind != m.kind || !slices.Equal(is.x, m.x) {
					t.Errorf("%s differs", name)
				}
			}
			for _, key := range []string{"general.architecture", "general.type", "adapter.type", "adapter.lora.alpha"} {
				if got.values[key] != want.values[key] {
					t.Errorf("%s is %v, want %v", key, got.values[key], want.values[key])
				}
			}
		})
	}
}

// write writes an adapter as it is, as a GGUF file.
func write(t testing.TB, from *adapter.Adapter, config string) string {
	t.Helper()
	var modules []*adapter.Module
	for i := range from.Modules {
		modules = append(modules, &from.Modules[i])
	}
	layout, err := gguf.Format.Layout(adapter.Content{Inputs: []*adapter.Adapter{from}, Modules: modules, Base: from.Base, BaseConfig: []byte(config)})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "adapter.gguf")
	w, err := layout.Create(path, map[string]string{"loramerge.seed": "0"})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		for i, tensor := range m.Tensors() {
			x := make([]float32, tensor.Elements())
			if err := from.Read(tensor, x); err != nil {
				t.Fatal(err)
			}
			if err := w.Write(m, i, x); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// names are those of the vectors, in llama.cpp's terms.
var names = map[string]string{
	"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
	"self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}

// checkDeltas compares with vectors/expected, whose embeddings are [vocabulary, hidden].
func checkDeltas(t *testing.T, got *file, name string, interleaved bool) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(vectors, "expected", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected struct {
		Modules map[string]struct {
			Shape []int
			Data  []float64
		}
	}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	if len(expected.Modules) != len(got.weights()) {
		t.Errorf("%d modules, want %d", len(got.weights()), len(expected.Modules))
	}
	for module, want := range expected.Modules {
		weight := map[string]string{"model.embed_tokens": "token_embd.weight", "lm_head": "output.weight"}[module]
		heads := 0
		if weight == "" {
			kind := names[module[len("model.layers.0."):]]
			weight = "blk." + module[len("model.layers."):len("model.layers.0")] + "." + kind + ".weight"
			heads = map[string]int{"attn_q": 4, "attn_k": 2}[kind]
		}
		if !interleaved {
			heads = 0
		}
		rows, columns, x := got.delta(t, weight, heads)
		if weight == "token_embd.weight" {
			m := matrix{rows, columns, x, 0}.transposed()
			rows, columns, x = m.rows, m.columns, m.x
		}
		if rows != want.Shape[0] || columns != want.Shape[1] || !slices.Equal(x, want.Data) {
			t.Errorf("ΔW of %s is not the expected one", module)
		}
	}
}

// TestVectorsAreOpened looks at files that other programs wrote.
func TestVectorsAreOpened(t *testing.T) {
	needVectors(t)
	for _, pattern := range []string{"*.gguf", "ok/*.gguf", "bad/*.gguf", "either/*.gguf"} {
		files, err := filepath.Glob(filepath.Join(vectors, "gguf", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, path := range files {
			opened, err := gguf.Format.Open(path, adapter.Options{})
			if err == nil {
				opened.Close()
			}
			if refused := pattern[0] == 'b' || pattern[0] == 'e'; refused != (err != nil) {
				t.Errorf("%s: %v", path, err)
			} else if err == nil && opened.Unfit == nil {
				t.Errorf("%s can be merged", path)
			}
		}
	}
}

// TestDequantized compares Q8_0 with the formula of ggml, x = d·q.
func TestDequantized(t *testing.T) {
	needVectors(t)
	path := filepath.Join(vectors, "gguf/ok/q8_0.gguf")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := gguf.Format.Open(path, adapter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	m := opened.Modules[0]
	got := make([]float32, m.A.Elements())
	if err := opened.Read(m.A, got); err != nil {
		t.Fatal(err)
	}
	at := int(opened.Store.HeaderSize())
	for i, x := range got {
		block := content[at+i/32*34:]
		d := half(uint16(block[0]) | uint16(block[1])<<8)
		if want := float32(d) * float32(int8(block[2+i%32])); x != want {
			t.Fatalf("element %d is %v, want %v", i, x, want)
		}
	}
}
