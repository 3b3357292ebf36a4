package peft

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// frobenius is ‖B·A‖ in float64, element by element, for A [r, in] and B [out, r].
func frobenius(a, b []float32, r, in, out int) float64 {
	sum := 0.0
	for i := range out {
		for j := range in {
			x := 0.0
			for k := range r {
				x += float64(b[i*r+k]) * float64(a[k*in+j])
			}
			sum += x * x
		}
	}
	return math.Sqrt(sum)
}

func TestSummarize(t *testing.T) {
	tensors := append(pairOf("h.q_proj", 2, 3, 4), ramp("score.weight", 2, 2),
		stored{name: "steps", dtype: safetensors.I64, shape: []int{1}, bytes: make([]byte, 8)})
	s, err := opened(t, configWith("task_type", `"SEQ_CLS"`), tensors...).Summarize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Base != "org/model" || s.TaskType != "SEQ_CLS" || s.RSLoRA || s.Notes == nil || len(s.Modules) != 3 {
		t.Errorf("%+v", s)
	}
	for i, want := range []adapter.ModuleSummary{
		{Name: "h.q_proj", Form: "linear", Shape: []int{4, 3}, DTypes: []string{"F32", "F32"}, Rank: 2, Alpha: 4, Scale: 2,
			Norm: 2 * frobenius(tensors[0].values, tensors[1].values, 2, 3, 4)},
		{Name: "score.weight", Form: "whole", Shape: []int{2, 2}, DTypes: []string{"F32"}, Norm: math.Sqrt(1 + 4 + 9 + 16)},
		{Name: "steps", Form: "whole", Shape: []int{1}, DTypes: []string{"I64"}},
	} {
		expectSummary(t, s.Modules[i], want)
	}
}

// expectSummary compares all but the last bits of the norm, which is computed from Gram matrices.
func expectSummary(t *testing.T, got, want adapter.ModuleSummary) {
	t.Helper()
	same := got.Name == want.Name && got.Form == want.Form && slices.Equal(got.Shape, want.Shape) && slices.Equal(got.DTypes, want.DTypes) &&
		got.Rank == want.Rank && got.Alpha == want.Alpha && got.Scale == want.Scale
	if !same || math.Abs(got.Norm-want.Norm) > 1e-6*want.Norm {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestSummarizeOfNegativeScale(t *testing.T) {
	tensors := pairOf("q_proj", 2, 3, 4)
	s, err := opened(t, configWith("lora_alpha", "-1"), tensors...).Summarize(t.Context())
	if want := 0.5 * frobenius(tensors[0].values, tensors[1].values, 2, 3, 4); err != nil || math.Abs(s.Modules[0].Norm-want) > 1e-6*want {
		t.Errorf("got %+v, want a norm of %v; %v", s.Modules, want, err)
	}
}

func TestSummarizeFails(t *testing.T) {
	bad := ramp("w", 3)
	bad.values[1] = float32(math.NaN())
	a := openWith(t, bad)
	if _, err := a.Summarize(t.Context()); err == nil || !strings.Contains(err.Error(), `tensor "w" holds NaN at element 1`) {
		t.Errorf("NaN: %v", err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := a.Summarize(stopped); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

func TestTensorAt(t *testing.T) {
	a := opened(t, configWith(), pairOf("q_proj", 2, 3, 4)...)
	begin := a.Store.HeaderSize()
	names := tensorNames("q_proj", adapter.Linear)
	for offset, want := range map[int64]string{begin: names[0], begin + 23: names[0], begin + 24: names[1], begin - 1: "", begin + 24 + 32: ""} {
		if got, ok := a.TensorAt(offset); got.Name != want || ok != (want != "") {
			t.Errorf("byte %d: got %+v", offset-begin, got)
		}
	}
}
