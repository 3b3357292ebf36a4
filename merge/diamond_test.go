package merge_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/run"
)

// TestDiamonds: twelve levels of two sums of the same inputs each, which stacked would have
// rank 8·2¹² and take 200 MB, are planned and run in 8 MB, and are the closed form 2¹¹·(a + b).
func TestDiamonds(t *testing.T) {
	f := folder{config: map[string]any{"r": 8, "lora_alpha": 8}, tensors: pair("model.layers.0.q_proj", safetensors.F32, 192, 256, 8)}
	lines := []string{"x0: {delta: a}", "y0: {delta: b}"}
	for i := range 12 {
		lines = append(lines, fmt.Sprintf("x%d: {sum: [x%d, y%d]}", i+1, i, i), fmt.Sprintf("y%d: {sum: [x%d, y%d]}", i+1, i, i))
	}
	path := work(t, map[string]folder{"a": f, "b": f}, append(lines, "f: {factor: x12, rank: 16}", "o: {save: f, to: out, dtype: float32}")...)
	options := run.Options{Jobs: 1, Memory: 8 << 20, Lock: run.LockIgnore}
	if _, err := runWith(t, path, options); err != nil {
		t.Fatal(err)
	}
	want := combineEffects(t, path, map[string]float64{"a": 2048, "b": 2048})
	for module, got := range effects(t, saved(t, path)) {
		var away, size float64
		for i, x := range got {
			away += math.Pow(float64(x)-float64(want[module][i]), 2)
			size += math.Pow(float64(want[module][i]), 2)
		}
		if off := math.Sqrt(away / size); !(off <= 1e-6) {
			t.Errorf("%s: off by %g", module, off)
		}
	}
}
