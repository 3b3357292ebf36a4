package kohya_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/kohya"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/golden"
	"github.com/loramerge/loramerge/internal/plainfile"
)

// TestRefused: what can't be merged is refused by its name, with what to do.
func TestRefused(t *testing.T) {
	good := pair("lora_unet_x", 1, 2, 4, 3)
	with := func(more ...plainfile.Tensor) []plainfile.Tensor { return slices.Concat(good, more) }
	filled := func(name string, shape ...int) plainfile.Tensor { return plainfile.Filled(name, 1, shape...) }
	var shown bytes.Buffer
	for _, c := range []struct {
		name    string
		tensors []plainfile.Tensor
	}{
		{"LoCon with Tucker", with(filled("lora_unet_x.lora_mid.weight", 2, 2, 3, 3))},
		{"DoRA", with(filled("lora_unet_x.dora_scale", 3, 1))},
		{"LoHa", []plainfile.Tensor{filled("lora_unet_x.hada_w1_a", 3, 2), filled("lora_unet_x.hada_w1_b", 2, 4), filled("lora_unet_x.hada_w2_a", 3, 2), plainfile.Number("lora_unet_x.alpha", 1)}},
		{"LoKr", []plainfile.Tensor{filled("lycoris_x.lokr_w1", 2, 2), filled("lycoris_x.lokr_w2", 3, 3)}},
		{"OFT", []plainfile.Tensor{filled("lora_unet_x.oft_blocks", 2, 2, 2)}},
		{"BOFT", []plainfile.Tensor{filled("lora_unet_x.boft_blocks", 2, 2, 2)}},
		{"IA3", []plainfile.Tensor{filled("lora_unet_x.on_input", 1)}},
		{"full", with(filled("lora_unet_y.diff", 2, 2), filled("lora_unet_y.diff_b", 2))},
		{"norms", with(filled("lora_unet_norm.w_norm", 2), filled("lora_unet_norm.b_norm", 2))},
		{"scalar", with(plainfile.Number("lora_unet_x.scalar", 1))},
		{"bundled embedding", with(filled("bundle_emb.cat.string_to_param.*", 1, 4))},
		{"another tensor", with(filled("lora_unet_x.bias", 3))},
		{"half", with(filled("lora_unet_y.lora_down.weight", 2, 4))},
		{"whole numbers", []plainfile.Tensor{good[0].As("I64"), good[1]}},
		{"empty", []plainfile.Tensor{filled("lora_unet_x.lora_down.weight", 0, 4), filled("lora_unet_x.lora_up.weight", 3, 0)}},
		{"ranks", []plainfile.Tensor{good[0], filled("lora_unet_x.lora_up.weight", 3, 5)}},
		{"kernel of up", []plainfile.Tensor{filled("lora_unet_x.lora_down.weight", 2, 4, 1, 1), filled("lora_unet_x.lora_up.weight", 3, 2, 3, 3)}},
		{"alpha of nothing", with(plainfile.Number("lora_unet_y.alpha", 1))},
		{"alpha of several numbers", with(filled("lora_unet_x.alpha", 2))},
		{"alpha that is too large", with(plainfile.Tensor{Name: "lora_unet_x.alpha", DType: "F64", Shape: []int{}, Values: []float64{1e300}})},
		{"only alphas", []plainfile.Tensor{plainfile.Number("lora_unet_x.alpha", 1)}},
	} {
		path := write(t, filepath.Join(t.TempDir(), "x.safetensors"), plainfile.Encode(nil, c.tensors...))
		if _, found := kohya.Format.Find(path); !found {
			t.Errorf("%s: not recognized", c.name)
		}
		opened, err := kohya.Format.Open(path, adapter.Options{})
		if err == nil {
			opened.Close()
			t.Errorf("%s: opened", c.name)
			continue
		}
		fmt.Fprintf(&shown, "%s:\n", c.name)
		for _, err := range fault.List(err) {
			problem, ok := err.(*fault.Fault)
			if !ok || problem.Remedy == "" {
				t.Errorf("%s: %v has no remedy", c.name, err)
				continue
			}
			fmt.Fprintf(&shown, "  %s\n", strings.ReplaceAll(problem.Error(), filepath.Dir(path)+string(filepath.Separator), ""))
		}
	}
	golden.Compare(t, filepath.Join("testdata", t.Name()+".golden"), shown.Bytes())
}

// TestFind: a file, or a folder that holds one; not a file of another format, and nothing where
// PEFT's configuration is.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "x.safetensors"), example())
	write(t, filepath.Join(dir, "README.md"), nil)
	for _, path := range []string{file, dir} {
		if files, found := kohya.Format.Find(path); !found || files != (adapter.Files{Weights: file}) {
			t.Errorf("%s: %+v, %v", path, files, found)
		}
		opened, err := kohya.Format.Open(path, adapter.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if opened.Path != path || opened.Folder() != dir {
			t.Errorf("opened as %s in %s", opened.Path, opened.Folder())
		}
		opened.Close()
	}
	other := write(t, filepath.Join(t.TempDir(), "y.safetensors"), plainfile.Encode(nil, plainfile.Filled("model.layers.0.lora_A.weight", 1, 2, 2)))
	for _, path := range []string{other, filepath.Dir(other), filepath.Join(dir, "README.md"), filepath.Join(dir, "absent.safetensors"), t.TempDir()} {
		if _, found := kohya.Format.Find(path); found {
			t.Errorf("%s is taken for an adapter of kohya's", path)
		}
	}
	write(t, filepath.Join(dir, "adapter_config.json"), []byte("{}"))
	for _, path := range []string{file, dir} {
		if _, found := kohya.Format.Find(path); found {
			t.Errorf("%s is taken for an adapter of kohya's beside adapter_config.json", path)
		}
	}
}

// TestSeveral: a folder of several files is no adapter.
func TestSeveral(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "x-000001.safetensors"), example())
	write(t, filepath.Join(dir, "x.safetensors"), example())
	_, err := kohya.Format.Open(dir, adapter.Options{})
	problem, ok := err.(*fault.Fault)
	if !ok || problem.Text != "holds 2 files of weights, such as x-000001.safetensors and x.safetensors" || problem.Remedy != "name the file, as "+filepath.Join(dir, "x.safetensors") {
		t.Fatal(err)
	}
	opened, err := kohya.Format.Open(filepath.Join(dir, "x.safetensors"), adapter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	opened.Close()
}
