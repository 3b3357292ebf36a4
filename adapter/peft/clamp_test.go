package peft

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// The largest finite values are 65504 for F16 (IEEE 754 binary16) and (2 − 2⁻⁷)·2¹²⁷
// for BF16. What rounds to them without help is not counted as clamped.
func TestClamp(t *testing.T) {
	const bf16 = float32(0x1.fep127)
	for _, c := range []struct {
		dtype       adapter.DType
		value, want float32
		clamped     int64
	}{
		{adapter.F16, 70000, 65504, 1}, {adapter.F16, -1e30, -65504, 1}, {adapter.F16, 65520, 65504, 1}, {adapter.F16, math.Nextafter32(65520, 0), 65504, 0}, {adapter.F16, 1.5, 1.5, 0},
		{adapter.BF16, math.MaxFloat32, bf16, 1}, {adapter.BF16, -math.MaxFloat32, -bf16, 1}, {adapter.BF16, bf16, bf16, 0},
		{adapter.F32, math.MaxFloat32, math.MaxFloat32, 0}, {adapter.F64, -math.MaxFloat32, -math.MaxFloat32, 0},
	} {
		folder := t.TempDir()
		w, m := clamping(t, folder, c.dtype)
		x := []float32{0, c.value, -1}
		if err := w.Write(m, 0, x); err != nil {
			t.Fatalf("%s %g: %v", c.dtype, c.value, err)
		}
		if w.Clamped() != c.clamped || x[1] != c.value {
			t.Errorf("%s %g: %d counted, and the argument holds %g", c.dtype, c.value, w.Clamped(), x[1])
		}
		got := make([]byte, 3*c.dtype.Bits()/8)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		file, err := safetensors.Open(filepath.Join(folder, WeightsFile))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := file.ReadAt(file.Tensors()[0], got, 0); err != nil {
			t.Fatal(err)
		}
		decoded := make([]float32, 3)
		adapter.Decode(decoded, got, c.dtype)
		if decoded[0] != 0 || decoded[1] != c.want || decoded[2] != -1 {
			t.Errorf("%s %g: %v is in the file", c.dtype, c.value, decoded)
		}
	}
}

// What is not finite is no number that could be cut.
func TestClampOfNoNumber(t *testing.T) {
	for _, dtype := range []adapter.DType{adapter.F16, adapter.BF16, adapter.F32, adapter.F64} {
		for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			w, m := clamping(t, t.TempDir(), dtype)
			if _, ok := w.Write(m, 0, []float32{0, float32(value), 70000}).(*fault.Fault); !ok {
				t.Errorf("%v as %s: written", value, dtype)
			}
			w.Abort()
		}
	}
}

func clamping(t *testing.T, folder string, dtype adapter.DType) (*adapter.Writer, *adapter.Module) {
	t.Helper()
	m := &adapter.Module{Name: "w", Form: adapter.Whole, W: shaped(dtype, 3)}
	w, err := createWeights(filepath.Join(folder, WeightsFile), []*adapter.Module{m}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Clamp = true
	return w, m
}
