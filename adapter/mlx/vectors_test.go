package mlx_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/mlx"
	"github.com/loramerge/loramerge/adapter/peft"
)

// vectors are small adapters in several formats with the ΔW that they mean, beside a checkout.
const vectors = "../../../shared/formats/vectors"

func needVectors(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(vectors); err != nil {
		t.Skip("../shared/formats is not there")
	}
}

// expected is ΔW [out, in] by module, of an embedding [rows, dim].
func expected(t *testing.T, name string) map[string]matrix {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(vectors, "expected", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Modules map[string]struct {
			Shape []int
			Data  []float64
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	out := make(map[string]matrix)
	for name, m := range file.Modules {
		out[name] = matrix{m.Shape, m.Data}
	}
	return out
}

// TestReadsVectors: the values are multiples of 1/16, so that every ΔW is exact.
func TestReadsVectors(t *testing.T) {
	needVectors(t)
	for folder, want := range map[string]string{"r4": "r4", "r8": "r8", "rslora": "rslora", "embed-r4": "embed-r4", "old-lora-layers": "r4", "mixed-folded": "mixed", "last-layer": "last-layer"} {
		path := filepath.Join(vectors, "mlx", folder)
		if _, err := os.Stat(path); err != nil {
			t.Logf("%s is not there", path)
			continue
		}
		got := make(map[string]matrix)
		a := mustOpen(t, mlx.Format, path)
		for i := range a.Modules {
			got[a.Modules[i].Name] = deltaOf(t, a, &a.Modules[i])
		}
		sameDeltas(t, folder, got, expected(t, want))
		if a.Base.Name != "example-org/tiny-llama" {
			t.Errorf("%s: base %q", folder, a.Base)
		}
	}
}

// deltaOf is ΔW as the adapter that was read gives it.
func deltaOf(t *testing.T, a *adapter.Adapter, m *adapter.Module) matrix {
	t.Helper()
	pair, err := a.Pair(m)
	if err != nil {
		t.Fatal(err)
	}
	delta := matrix{shape: []int{m.Out(), m.In()}, data: make([]float64, m.Out()*m.In())}
	for o := range m.Out() {
		for i := range m.In() {
			for k := range m.Rank {
				delta.data[o*m.In()+i] += m.Scale * float64(pair.B.Data[o*m.Rank+k]) * float64(pair.A.Data[k*m.In()+i])
			}
		}
	}
	if m.Form == adapter.Embedding {
		return transposed(delta)
	}
	return delta
}

func transposed(m matrix) matrix {
	rows, columns := m.shape[0], m.shape[1]
	out := matrix{shape: []int{columns, rows}, data: make([]float64, len(m.data))}
	for i := range rows {
		for j := range columns {
			out.data[j*rows+i] = m.data[i*columns+j]
		}
	}
	return out
}

func sameDeltas(t *testing.T, what string, got, want map[string]matrix) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d modules, not %d", what, len(got), len(want))
	}
	for name, w := range want {
		if g := got[name]; !slices.Equal(g.shape, w.shape) || !slices.Equal(g.data, w.data) {
			t.Errorf("%s: another ΔW of %s, %d", what, name, g.shape)
		}
	}
}

// TestWritesVectors writes PEFT's vectors, and computes ΔW from the files by mlx_lm's own
// formula (LoRALinear.fuse, LoRAEmbedding.fuse in mlx_lm/tuner/lora.py). Where the vectors
// have such a file, the tensors must be the same too.
func TestWritesVectors(t *testing.T) {
	needVectors(t)
	for _, c := range []struct {
		folder, expected string
		dtype            adapter.DType
		scale            float64
		rank             int
	}{
		{"r4", "r4", 0, 2, 4}, {"r4-f16", "r4", 0, 2, 4}, {"r4-bf16", "r4", 0, 2, 4}, {"r8", "r8", 0, 0.5, 8}, {"r8", "r8", adapter.BF16, 0.5, 8},
		{"rslora", "rslora", 0, 4, 4}, {"embed-r4", "embed-r4", 0, 2, 4}, {"phi3-r4", "phi3-r4", 0, 2, 4},
		{"mixed", "mixed", 0, 1, 8}, {"mixed", "mixed", adapter.BF16, 1, 8}, // the scales are 2, 1 and 1/2
	} {
		out := written(t, mustOpen(t, peft.Format, filepath.Join(vectors, "peft", c.folder)), c.dtype)
		tensors := stored(t, filepath.Join(out, "adapters.safetensors"))
		config := configOf(t, out)
		if config.Parameters.Scale != c.scale || config.Parameters.Rank != c.rank || config.Layers != -1 || config.Type != "lora" || !strings.HasPrefix(config.Model, "example-org/tiny-") {
			t.Errorf("%s: %+v", c.folder, config)
		}
		sameDeltas(t, c.folder, fusedDeltas(t, tensors, config), expected(t, c.expected))
		theirs := filepath.Join(vectors, "mlx", c.folder, "adapters.safetensors")
		if _, err := os.Stat(theirs); err == nil {
			sameDeltas(t, c.folder+" as stored", tensors, stored(t, theirs))
		}
	}
}

// outConfig is what mlx_lm's load_adapters reads.
type outConfig struct {
	Type       string `json:"fine_tune_type"`
	Layers     int    `json:"num_layers"`
	Model      string `json:"model"`
	Parameters struct {
		Rank    int
		Scale   float64
		Dropout *float64
		Keys    []string
	} `json:"lora_parameters"`
}

func configOf(t *testing.T, folder string) outConfig {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "adapter_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	var config outConfig
	if err := json.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	if config.Parameters.Dropout == nil {
		t.Error("no dropout, which mlx_lm asks for")
	}
	return config
}

// fusedDeltas are what mlx_lm adds to each weight: scale·bᵀ·aᵀ, of an embedding scale·a·b.
func fusedDeltas(t *testing.T, tensors map[string]matrix, config outConfig) map[string]matrix {
	t.Helper()
	out := make(map[string]matrix)
	for name, a := range tensors {
		module, isA := strings.CutSuffix(name, ".lora_a")
		if !isA {
			continue
		}
		b := tensors[module+".lora_b"]
		in, r, last := a.shape[0], a.shape[1], b.shape[1]
		if r != config.Parameters.Rank || b.shape[0] != r {
			t.Errorf("%s: a %d and b %d are not of rank %d", module, a.shape, b.shape, config.Parameters.Rank)
		}
		product := matrix{shape: []int{in, last}, data: make([]float64, in*last)}
		for i := range in {
			for o := range last {
				for k := range r {
					product.data[i*last+o] += config.Parameters.Scale * a.data[i*r+k] * b.data[k*last+o]
				}
			}
		}
		if strings.HasSuffix(module, "embed_tokens") {
			out[module] = product
		} else {
			out[module] = transposed(product)
		}
	}
	return out
}

// TestThereAndBack: PEFT to MLX and back to PEFT gives every bit of A and B again where one
// scale and one rank allow it.
func TestThereAndBack(t *testing.T) {
	needVectors(t)
	for _, folder := range []string{"r4", "r4-f16", "r4-bf16", "r8", "rslora", "embed-r4", "phi3-r4"} {
		first := mustOpen(t, peft.Format, filepath.Join(vectors, "peft", folder))
		again := mustOpen(t, mlx.Format, written(t, first, 0))
		if len(first.Modules) != len(again.Modules) {
			t.Fatalf("%s: %d modules", folder, len(again.Modules))
		}
		for i := range first.Modules {
			was, is := &first.Modules[i], &again.Modules[i]
			if was.Name != is.Name || was.Form != is.Form || was.Rank != is.Rank || was.Scale != is.Scale || was.A.DType != is.A.DType {
				t.Errorf("%s: %+v has become %+v", folder, was, is)
			}
			for half := range was.Tensors() {
				if x, y := raw(t, first, was.Tensors()[half]), raw(t, again, is.Tensors()[half]); !slices.Equal(x, y) {
					t.Errorf("%s: other bytes of %s", folder, was.Tensors()[half].Name)
				}
			}
		}
	}
}

func raw(t *testing.T, a *adapter.Adapter, tensor adapter.Tensor) []byte {
	t.Helper()
	data := make([]byte, tensor.Size())
	if err := a.ReadRaw(tensor, data); err != nil {
		t.Fatal(err)
	}
	return data
}
