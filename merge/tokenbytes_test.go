package merge_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/run"
)

// The rows of a result are the same bytes for any number of jobs, with a cache and without.
func TestTokenRowsSameBytes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	rows := func(dtype safetensors.DType, from, to, step int) folder {
		var ids []int
		var data []float32
		for id := from; id < to; id += step {
			ids = append(ids, id)
			for range 40 {
				data = append(data, float32(random.NormFloat64()))
			}
		}
		random.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		f := plain(4, 8, dtype).with(embedding+".token_adapter.trainable_tokens_delta", dtype, []int{len(ids), 40}, data...)
		f.config["trainable_token_indices"] = ids
		return f
	}
	inputs := map[string]folder{"a": rows(safetensors.F32, 0, 90, 3), "b": rows(safetensors.BF16, 0, 90, 2), "c": rows(safetensors.F16, 60, 200, 1)}
	for _, line := range []string{
		"m: {average: [a, b, c], weights: {a: 1, b: 2, c: 5}}",
		"m: {ties: [a, b, c], density: 0.5, space: delta, rank: 4}",
		"e: {elect: [a, b, c]}\n  m: {average: e}",
	} {
		recipe := work(t, inputs, line, "o: {save: m, to: out}")
		want, _ := makeAnew(t, recipe, run.Options{Jobs: 1})
		dir := t.TempDir()
		for _, options := range []run.Options{{Jobs: 8}, {Jobs: 2, Cache: openCache(t, dir), CacheMode: run.CacheAll}, {Jobs: 8, Cache: openCache(t, dir), CacheMode: run.CacheAll}, {Jobs: 1, Memory: 5 << 18}} {
			if got, _ := makeAnew(t, recipe, options); !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: another result", line, fmt.Sprintf("%d jobs, memory %d, cache %v", options.Jobs, options.Memory, options.Cache != nil))
			}
		}
		verdict, err := run.Verify(t.Context(), saved(t, recipe).Path, "", run.Options{})
		if err != nil || !verdict.Same {
			t.Errorf("%s: verified as %+v, %v", line, verdict, err)
		}
	}
}
