package peft

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// Values that every one of the dtypes holds exactly.
var exact = []float32{0, 1, -1, 0.5, -2.25, 96, -0.0078125, 240}

func TestReadEveryDType(t *testing.T) {
	for _, dtype := range []adapter.DType{adapter.F16, adapter.BF16, adapter.F32, adapter.F64} {
		a := openWith(t, stored{name: "w", dtype: dtype, shape: []int{2, 4}, values: exact})
		got := make([]float32, len(exact))
		if err := a.Read(module(t, a, "w").W, got); err != nil || !slices.Equal(got, exact) {
			t.Errorf("%s: got %v, %v", dtype, got, err)
		}
	}
}

func TestReadRaw(t *testing.T) {
	a := openWith(t, stored{name: "w", dtype: adapter.F16, shape: []int{2}, values: []float32{1, -2}})
	got := make([]byte, 4)
	if err := a.ReadRaw(module(t, a, "w").W, got); err != nil || string(got) != "\x00\x3c\x00\xc0" {
		t.Errorf("got % x, %v", got, err)
	}
}

// A value that is not finite is found wherever it stands: at both sides of the border
// between blocks, at the ends, and in each dtype.
func TestNotFinite(t *testing.T) {
	for _, dtype := range []adapter.DType{adapter.F16, adapter.BF16, adapter.F32, adapter.F64} {
		block := readAtATime / (dtype.Bits() / 8)
		for _, at := range []int{0, 1, block - 1, block, block + 1, 2*block - 1, 2 * block, 2*block + 2} {
			for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				values := make([]float32, 2*block+3)
				values[at] = float32(value)
				a := openWith(t, stored{name: "w.weight", dtype: dtype, shape: []int{len(values)}, values: values})
				err := a.Read(module(t, a, "w.weight").W, make([]float32, len(values)))
				want := fmt.Sprintf(`%s: tensor "w.weight" holds %v at element %d; the training run diverged or the file is damaged; use an earlier checkpoint`, WeightsFile, value, at)
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Fatalf("%s: got %v, want %s", dtype, err, want)
				}
				a.Close()
			}
		}
	}
}

// A float64 that float32 can't hold is as bad as an infinity.
func TestReadOfTooLargeF64(t *testing.T) {
	a := openWith(t, stored{name: "w", dtype: adapter.F64, shape: []int{1}, bytes: []byte("\x9c\x75\x00\x88\x3c\xe4\x37\x7e")}) // 1e300
	if err := a.Read(module(t, a, "w").W, make([]float32, 1)); err == nil || !strings.Contains(err.Error(), `tensor "w" holds +Inf at element 0`) {
		t.Errorf("got %v", err)
	}
}

func TestReadOfAnotherLengthPanics(t *testing.T) {
	a := openWith(t, ramp("w", 3))
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	a.Read(module(t, a, "w").W, make([]float32, 2))
}

func TestFileThatShrinks(t *testing.T) {
	a := openWith(t, ramp("w", 1000))
	if err := os.Truncate(filepath.Join(a.Path, WeightsFile), 500); err != nil {
		t.Fatal(err)
	}
	w := module(t, a, "w").W
	for what, err := range map[string]error{"Read": a.Read(w, make([]float32, 1000)), "ReadRaw": a.ReadRaw(w, make([]byte, 4000))} {
		if err == nil || !strings.Contains(err.Error(), WeightsFile+`: tensor "w": the file has become shorter while it was read; don't`) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestReadBlocks(t *testing.T) {
	want := bytes.Repeat([]byte("0123456"), readAtATime/5)
	a := openWith(t, stored{name: "w", dtype: safetensors.U8, shape: []int{len(want)}, bytes: want})
	var got []byte
	err := a.ReadBlocks(t.Context(), module(t, a, "w").W, func(block []byte) { got = append(got, block...) })
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := a.ReadBlocks(stopped, module(t, a, "w").W, func([]byte) { t.Error("read on") }); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// What is beyond all use is refused like an infinity, at the limit to the bit.
func TestReadBeyondUse(t *testing.T) {
	most := float32(adapter.MostMagnitude)
	for value, fits := range map[float32]bool{most: true, -most: true, math.Nextafter32(most, 1e38): false, -math.MaxFloat32: false} {
		a := openWith(t, stored{name: "w", dtype: adapter.F32, shape: []int{2}, values: []float32{0, value}})
		err := a.Read(module(t, a, "w").W, make([]float32, 2))
		if (err == nil) != fits || !fits && !strings.Contains(err.Error(), `tensor "w" holds `) {
			t.Errorf("%g: %v", value, err)
		}
	}
}
