package peft

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// shaped is a tensor of a module to be written.
func shaped(dtype adapter.DType, shape ...int) adapter.Tensor {
	return adapter.Tensor{DType: dtype, Shape: shape}
}

// linear is a module of that rank and scale, of which only the configuration is written.
func linear(name string, rank int, scale float64) *adapter.Module {
	return &adapter.Module{Name: name, Rank: rank, Scale: scale, A: shaped(adapter.F32, rank, 3), B: shaped(adapter.F32, 4, rank)}
}

// everyForm is one module of each form and dtype.
func everyForm() []*adapter.Module {
	return []*adapter.Module{
		{Name: "h.0.q_proj", A: shaped(adapter.F32, 2, 3), B: shaped(adapter.F32, 4, 2)},
		{Name: "conv", Form: adapter.Conv, A: shaped(adapter.F16, 2, 3, 3, 3), B: shaped(adapter.F16, 5, 2, 1, 1)},
		{Name: "wte", Form: adapter.Embedding, A: shaped(adapter.BF16, 2, 7), B: shaped(adapter.BF16, 6, 2)},
		{Name: "score.weight", Form: adapter.Whole, W: shaped(adapter.F64, 3, 2)},
		{Name: "steps", Form: adapter.Whole, W: shaped(safetensors.I64, 1)},
	}
}

// writeAll fills a file with 1, 2, 3, … in every tensor of a float dtype.
func writeAll(t *testing.T, path string, modules []*adapter.Module, metadata map[string]string) {
	t.Helper()
	w, err := createWeights(path, modules, metadata)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range slices.Backward(modules) {
		for i, tensor := range m.Tensors() {
			if tensor.DType.IsFloat() {
				err = w.Write(m, i, ramp("", tensor.Shape...).values)
			} else {
				err = w.WriteRaw(m, i, []byte("01234567"))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRoundTrip(t *testing.T) {
	path := t.TempDir()
	writeFile(t, filepath.Join(path, ConfigFile), []byte(configWith()))
	modules := everyForm()
	writeAll(t, filepath.Join(path, WeightsFile), modules, map[string]string{"format": "pt"})
	a := mustOpen(t, path)
	if a.Metadata()["format"] != "pt" || len(a.Modules) != len(modules) {
		t.Errorf("metadata %v, %d modules", a.Metadata(), len(a.Modules))
	}
	for _, m := range modules {
		got := module(t, a, m.Name)
		if got.Form != m.Form {
			t.Errorf("%s is %s", m.Name, got.Form)
		}
		for i, tensor := range got.Tensors() {
			if want := m.Tensors()[i]; tensor.DType != want.DType || !slices.Equal(tensor.Shape, want.Shape) {
				t.Errorf("%s: got %s %v", tensor.Name, tensor.DType, tensor.Shape)
			}
			if tensor.DType.IsFloat() {
				expectRamp(t, a, tensor)
			}
		}
	}
	raw := make([]byte, 8)
	if err := a.ReadRaw(module(t, a, "steps").W, raw); err != nil || string(raw) != "01234567" {
		t.Errorf("steps: %q, %v", raw, err)
	}
}

func expectRamp(t *testing.T, a *adapter.Adapter, tensor adapter.Tensor) {
	t.Helper()
	x := make([]float32, tensor.Elements())
	if err := a.Read(tensor, x); err != nil || !slices.Equal(x, ramp("", tensor.Shape...).values) {
		t.Errorf("%s: %v, %v", tensor.Name, x, err)
	}
}

func TestNamesThatPEFTExpects(t *testing.T) {
	path := filepath.Join(t.TempDir(), WeightsFile)
	writeAll(t, path, everyForm(), nil)
	file, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var got []string
	for _, tensor := range file.Tensors() {
		got = append(got, strings.TrimPrefix(tensor.Name, "base_model.model."))
	}
	want := []string{"h.0.q_proj.lora_A.weight", "h.0.q_proj.lora_B.weight", "conv.lora_A.weight", "conv.lora_B.weight",
		"wte.lora_embedding_A", "wte.lora_embedding_B", "score.weight", "steps"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// The limits are half a step above the largest finite values: 65504 + 16 for F16
// (IEEE 754 binary16), (2 − 2⁻⁷)·2¹²⁷ + 2¹¹⁹ for BF16. At the limit the tie goes to even, infinity.
func TestOverflow(t *testing.T) {
	bf16 := math.Float32frombits(0x7f7f8000)
	for _, c := range []struct {
		dtype adapter.DType
		value float32
		fits  bool
	}{
		{adapter.F16, 65504, true}, {adapter.F16, math.Nextafter32(65520, 0), true}, {adapter.F16, 65520, false}, {adapter.F16, -65520, false},
		{adapter.BF16, math.Nextafter32(bf16, 0), true}, {adapter.BF16, bf16, false}, {adapter.BF16, -bf16, false},
		{adapter.F32, math.MaxFloat32, true}, {adapter.F32, float32(math.Inf(-1)), false}, {adapter.F32, float32(math.NaN()), false},
		{adapter.F64, math.MaxFloat32, true}, {adapter.F64, float32(math.Inf(1)), false}, {adapter.F64, float32(math.NaN()), false},
	} {
		err := writeLast(t, c.dtype, c.value)
		if want := fmt.Sprintf(`tensor "base_model.model.w" holds %g, which %s can't hold`, float32(math.Abs(float64(c.value))), c.dtype); c.fits != (err == nil) || err != nil && err.Error() != want {
			t.Errorf("%g as %s: %v", c.value, c.dtype, err)
		}
	}
}

// writeLast writes a tensor that is longer than a block and ends with the value.
func writeLast(t *testing.T, dtype adapter.DType, value float32) error {
	t.Helper()
	m := &adapter.Module{Name: "w", Form: adapter.Whole, W: shaped(dtype, writtenAtATime+2)}
	w, err := createWeights(filepath.Join(t.TempDir(), WeightsFile), []*adapter.Module{m}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	values := make([]float32, writtenAtATime+2)
	values[writtenAtATime+1] = value
	return w.Write(m, 0, values)
}

func TestWriterOfMistakes(t *testing.T) {
	path := filepath.Join(t.TempDir(), WeightsFile)
	twice := []*adapter.Module{linear("q", 2, 1), linear("q", 2, 1)}
	if _, err := createWeights(path, twice, nil); err == nil || !strings.Contains(err.Error(), "q.lora_A.weight") {
		t.Errorf("two modules of one name: %v", err)
	}
	w, err := createWeights(path, twice[:1], nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil {
		t.Error("closed a file whose tensors never came")
	}
	for what, write := range map[string]func() error{
		"another length": func() error { return w.Write(twice[0], 0, make([]float32, 5)) },
		"another module": func() error { return w.WriteRaw(linear("v", 2, 1), 0, nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			write()
		}()
	}
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
}

func TestPromote(t *testing.T) {
	for _, c := range []struct{ x, y, want adapter.DType }{
		{adapter.F16, adapter.F16, adapter.F16}, {adapter.F16, adapter.BF16, adapter.F32}, {adapter.BF16, adapter.F16, adapter.F32}, {adapter.BF16, adapter.F32, adapter.F32}, {adapter.F64, adapter.F16, adapter.F64}, {adapter.F32, adapter.F64, adapter.F64},
	} {
		if got := adapter.Promote(c.x, c.y); got != c.want {
			t.Errorf("%s and %s: got %s", c.x, c.y, got)
		}
	}
}
