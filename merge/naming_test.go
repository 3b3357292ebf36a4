package merge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// image writes an adapter of an image model: kohya's file, or the folder of diffusers.
func image(t *testing.T, path string, a, b string) {
	t.Helper()
	layout, err := safetensors.NewLayout([]safetensors.Spec{{Name: a, DType: safetensors.F32, Shape: []int{2, 4}}, {Name: b, DType: safetensors.F32, Shape: []int{4, 2}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, append(layout.Header(), make([]byte, 64)...))
}

// TestNamings: formats that name modules differently are not merged with each other, whatever is
// said of missing modules, and not saved for a reader of the other; the remedy of the latter saves
// them as what they are.
func TestNamings(t *testing.T) {
	dir := t.TempDir()
	image(t, filepath.Join(dir, "k.safetensors"), "lora_unet_down_blocks_0_to_q.lora_down.weight", "lora_unet_down_blocks_0_to_q.lora_up.weight")
	image(t, filepath.Join(dir, "d", "pytorch_lora_weights.safetensors"), "unet.down_blocks.0.to_q.lora_A.weight", "unet.down_blocks.0.to_q.lora_B.weight")
	plain(2, 2, safetensors.F32).write(t, filepath.Join(dir, "p"))
	path := filepath.Join(dir, "recipe.yaml")
	write := func(lines string) {
		writeFile(t, path, []byte("version: 1\nbase: tiny\nstages:\n  k: {load: k.safetensors}\n  d: {load: d}\n  p: {load: p}\n"+lines))
	}
	for _, pair := range []string{"[k, d]", "[d, p]", "[p, k]"} {
		write("  m: {concat: " + pair + ", missing: zero}\n  o: {save: m, to: out}\n")
		if m := onlyFault(t, path); !strings.Contains(m.Text, "adapters of formats that name modules differently meet here") || m.Page != "formats" {
			t.Errorf("%s: %v", pair, m)
		}
	}
	for _, reader := range readers(t) {
		for in, format := range map[string]string{"k": "kohya", "d": "diffusers"} {
			write("  o: {save: " + in + ", to: out, for: " + reader + "}\n")
			if m := onlyFault(t, path); !strings.Contains(m.Text, "is an adapter of "+format+", whose modules have other names in") || !strings.HasPrefix(m.Remedy, "leave `for` out") {
				t.Errorf("%s for %s: %v", in, reader, m)
			}
		}
	}
	for in, format := range map[string]string{"k": "kohya", "d": "diffusers"} {
		write("  o: {save: " + in + ", to: out-" + in + "}\n")
		runRecipe(t, path)
		if got := openAdapter(t, filepath.Join(dir, "out-"+in)).Format.Name(); got != format {
			t.Errorf("an adapter of %s is saved as %s", format, got)
		}
	}
}

// readers are the words of `for`.
func readers(t *testing.T) []string {
	t.Helper()
	for _, kind := range stages.All {
		for _, param := range kind.Params {
			if words, ok := param.Type.(recipe.ChoicesType); ok && kind.Name == "save" && param.Name == "for" {
				return words.Words
			}
		}
	}
	t.Fatal("save has no `for`")
	return nil
}
