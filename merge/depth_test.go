package merge_test

import (
	"fmt"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
)

// TestDepth: `layers` runs from the first layer to the last of what flows into the
// stage. What later stages leave out, and what others save, changes nothing of it.
func TestDepth(t *testing.T) {
	tower := folder{config: map[string]any{"r": 2, "lora_alpha": 2}}
	for layer := range 5 {
		tower.tensors = append(tower.tensors, pair(fmt.Sprintf("h.%d.q_proj", layer), safetensors.F32, 4, 6, 2)...)
	}
	adapters := map[string]folder{"a": tower, "b": tower}
	const merged, low = "m: {slerp: [a, b], t: {layers: [0, 1]}}", `s: {select: m, include: ["h.1.*", "h.2.*"]}`
	all := work(t, adapters, merged, "o: {save: m, to: out}")
	few := work(t, adapters, merged, low, "o: {save: s, to: out}")
	both := work(t, adapters, merged, low, "p: {save: m, to: out2}", "o: {save: s, to: out}")
	runRecipe(t, all)
	runRecipe(t, few)
	runRecipe(t, both)
	want := effects(t, saved(t, all))
	for name, path := range map[string]string{"a later select": few, "another save": both} {
		for module, x := range effects(t, saved(t, path)) {
			if e := relativeError(x, want[module]); e != 0 {
				t.Errorf("%s moved %s by %g", name, module, e)
			}
		}
	}
}
