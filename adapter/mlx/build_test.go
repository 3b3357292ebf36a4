package mlx_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/x448/float16"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/mlx"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// matrix is row by row.
type matrix struct {
	shape []int
	data  []float64
}

// ramp is a float32 tensor of that shape that holds 1, 2, 3, …
func ramp(shape ...int) matrix {
	m := matrix{shape: shape, data: make([]float64, product(shape))}
	for i := range m.data {
		m.data[i] = float64(i + 1)
	}
	return m
}

func product(shape []int) int {
	n := 1
	for _, dim := range shape {
		n *= dim
	}
	return n
}

// plain is a configuration as mlx_lm writes it, with the needed fields alone.
const plain = `{"fine_tune_type": "lora", "lora_parameters": {"dropout": 0.0, "rank": 2, "scale": 20.0}, "model": "org/model", "num_layers": 16}`

// pairOf are the halves of a module, lora_a [in, r] and lora_b [r, out].
func pairOf(module string, in, r, out int) map[string]matrix {
	return map[string]matrix{module + ".lora_a": ramp(in, r), module + ".lora_b": ramp(r, out)}
}

func joined(all ...map[string]matrix) map[string]matrix {
	out := make(map[string]matrix)
	for _, some := range all {
		for name, m := range some {
			out[name] = m
		}
	}
	return out
}

// folder writes an adapter; without a configuration where that is empty.
func folder(t *testing.T, config string, tensors map[string]matrix) string {
	t.Helper()
	path := t.TempDir()
	if config != "" {
		writeFile(t, filepath.Join(path, "adapter_config.json"), []byte(config))
	}
	writeWeights(t, filepath.Join(path, "adapters.safetensors"), tensors)
	return path
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func writeWeights(t *testing.T, path string, tensors map[string]matrix) {
	t.Helper()
	var specs []safetensors.Spec
	for name, m := range tensors {
		specs = append(specs, safetensors.Spec{Name: name, DType: safetensors.F32, Shape: m.shape})
	}
	layout, err := safetensors.NewLayout(specs, nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := safetensors.Create(path, layout)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range tensors {
		data := make([]byte, 4*len(m.data))
		for i, x := range m.data {
			binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(float32(x)))
		}
		if err := file.WriteAt(name, data, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// mustOpen opens an adapter that is expected to be right, and closes it with the test.
func mustOpen(t *testing.T, format adapter.Format, path string) *adapter.Adapter {
	t.Helper()
	a, err := format.Open(path, adapter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// written writes an adapter as a merge writes it, and gives the folder.
func written(t *testing.T, a *adapter.Adapter, dtype adapter.DType) string {
	t.Helper()
	folder := t.TempDir()
	var modules []*adapter.Module
	for i := range a.Modules {
		m := a.Modules[i]
		if dtype != 0 {
			m.A.DType, m.B.DType = dtype, dtype
		}
		modules = append(modules, &m)
	}
	layout, err := mlx.Format.Layout(adapter.Content{Inputs: []*adapter.Adapter{a}, Modules: modules, Base: a.Base})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(folder, layout.Names.Config), layout.Config)
	w, err := layout.Create(filepath.Join(folder, layout.Names.Weights), map[string]string{"x": "y"})
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range modules {
		for half, tensor := range a.Modules[i].Tensors() {
			x := make([]float32, tensor.Elements())
			if err := a.Read(tensor, x); err != nil {
				t.Fatal(err)
			}
			if err := w.Write(m, half, x); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return folder
}

// stored reads all tensors of a file with no code of the project's.
func stored(t *testing.T, path string) map[string]matrix {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := binary.LittleEndian.Uint64(file)
	var header map[string]struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(file[8:8+size], &raw); err != nil {
		t.Fatal(err)
	}
	delete(raw, "__metadata__")
	text, _ := json.Marshal(raw)
	if err := json.Unmarshal(text, &header); err != nil {
		t.Fatal(err)
	}
	out := make(map[string]matrix)
	for name, entry := range header {
		data := file[8+int(size)+entry.Offsets[0] : 8+int(size)+entry.Offsets[1]]
		m := matrix{shape: entry.Shape, data: make([]float64, product(entry.Shape))}
		for i := range m.data {
			switch entry.DType {
			case "F32":
				m.data[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])))
			case "BF16":
				m.data[i] = float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*i:])) << 16))
			case "F16":
				m.data[i] = float64(float16.Frombits(binary.LittleEndian.Uint16(data[2*i:])).Float32())
			default:
				t.Fatalf("%s has the dtype %s", name, entry.DType)
			}
		}
		out[name] = m
	}
	return out
}
