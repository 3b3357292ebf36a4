package diffusers_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/diffusers"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/golden"
	"github.com/loramerge/loramerge/internal/plainfile"
)

// TestRefused: what can't be merged is refused by its name, with what to do.
func TestRefused(t *testing.T) {
	good := newest("unet.x.to_q", 1, 2, 4, 3)
	filled := func(name string, shape ...int) []plainfile.Tensor {
		return []plainfile.Tensor{plainfile.Filled(name, 1, shape...)}
	}
	alpha := []plainfile.Tensor{plainfile.Number("unet.x.to_q.alpha", 1)}
	said := func(text string) map[string]string { return map[string]string{"lora_adapter_metadata": text} }
	var shown bytes.Buffer
	for _, c := range []struct {
		name     string
		metadata map[string]string
		tensors  [][]plainfile.Tensor
	}{
		{"DoRA", nil, [][]plainfile.Tensor{good, filled("unet.x.to_q.lora_magnitude_vector", 3)}},
		{"DoRA's scale", nil, [][]plainfile.Tensor{good, filled("unet.x.to_q.dora_scale", 3, 1)}},
		{"biases", nil, [][]plainfile.Tensor{good, filled("unet.x.to_q.lora_B.bias", 3), filled("unet.y.lora_A.bias", 3)}},
		{"LoHa", nil, [][]plainfile.Tensor{good, filled("unet.x.to_k.hada_w1_a", 3, 2)}},
		{"LoKr", nil, [][]plainfile.Tensor{good, filled("unet.x.to_k.lokr_w1", 3, 2)}},
		{"full", nil, [][]plainfile.Tensor{good, filled("unet.x.to_k.diff", 3, 2)}},
		{"another tensor", nil, [][]plainfile.Tensor{good, filled("unet.x.norm_q.weight", 3)}},
		{"twice", nil, [][]plainfile.Tensor{good, filled("unet.x.to_q.lora.down.weight", 2, 4)}},
		{"two adapters", nil, [][]plainfile.Tensor{newest("unet.x", 1, 2, 4, 3), filled("unet.x.lora_A.second.weight", 2, 4)}},
		{"alpha twice", nil, [][]plainfile.Tensor{good, alpha, {plainfile.Number("unet.x.to_q.lora.alpha", 1)}}},
		{"half", nil, [][]plainfile.Tensor{filled("unet.x.to_q.lora_B.weight", 3, 2)}},
		{"some alphas", nil, [][]plainfile.Tensor{good, alpha, newest("unet.y", 1, 4, 4, 3)}},
		{"both ways", said(`{"unet.r": 2}`), [][]plainfile.Tensor{good, alpha}},
		{"no JSON", said(`{`), [][]plainfile.Tensor{good}},
		{"no object", said(`[1]`), [][]plainfile.Tensor{good}},
		{"wrong field", said(`{"unet.lora_alpha": "1"}`), [][]plainfile.Tensor{good}},
		{"DoRA by metadata", said(`{"unet.lora_alpha": 2, "unet.use_dora": true}`), [][]plainfile.Tensor{good}},
		{"unknown field", said(`{"lora_alpha": 2, "use_new": true}`), [][]plainfile.Tensor{filled("down_blocks.0.resnets.0.conv1.lora_A.weight", 2, 4), filled("down_blocks.0.resnets.0.conv1.lora_B.weight", 4, 2)}},
		{"scale", said(`{"unet.lora_alpha": 1e300}`), [][]plainfile.Tensor{good}},
	} {
		path := file(t, c.metadata, c.tensors...)
		if _, found := diffusers.Format.Find(path); !found {
			t.Errorf("%s: not recognized", c.name)
		}
		opened, err := diffusers.Format.Open(path, adapter.Options{})
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

// TestAllowed: a field that its user vouches for is let in.
func TestAllowed(t *testing.T) {
	path := file(t, map[string]string{"lora_adapter_metadata": `{"unet.lora_alpha": 2, "unet.use_new": true}`}, newest("unet.x", 1, 2, 4, 3))
	opened, err := diffusers.Format.Open(path, adapter.Options{AllowUnknown: []string{"use_new"}})
	if err != nil {
		t.Fatal(err)
	}
	opened.Close()
}

// TestSilent: a component that the metadata pass over has the scale 1, which is said.
func TestSilent(t *testing.T) {
	opened, _ := read(t, file(t, map[string]string{"lora_adapter_metadata": `{"unet.lora_alpha": 1, "unet.r": 2}`}, newest("unet.x", 1, 2, 4, 3), newest("text_encoder.y", 1, 4, 4, 3)))
	if m, _ := opened.Find("text_encoder.y"); m.Scale != 1 || len(opened.Notes) != 1 || opened.Notes[0].Text != `lora_adapter_metadata says nothing of "text_encoder", whose scale is taken for 1` {
		t.Errorf("scale %v, notes %+v", m.Scale, opened.Notes)
	}
}

// TestOtherRanks: a rank in the metadata that is not that of the tensors is said.
func TestOtherRanks(t *testing.T) {
	tensors := [][]plainfile.Tensor{newest("unet.x", 1, 2, 4, 3), newest("unet.y", 1, 4, 4, 3), newest("vae.x", 1, 2, 4, 3)}
	for metadata, want := range map[string]string{
		`{"unet.r": 2, "unet.rank_pattern": {"y": 4}, "vae.r": 2}`: "",
		`{"unet.r": 4, "vae.r": 2}`:                                "1 module has another rank than lora_adapter_metadata says; the tensors' own rank is used, and diffusers does not load the file",
		`{"unet.r": 0, "vae.r": -4}`:                               "3 modules have another rank than lora_adapter_metadata says; the tensors' own rank is used, and diffusers does not load the file",
	} {
		opened, _ := read(t, file(t, map[string]string{"lora_adapter_metadata": metadata}, tensors...))
		var said []string
		for _, note := range opened.Notes {
			said = append(said, note.Text)
		}
		if got := strings.Join(said, "\n"); got != want {
			t.Errorf("%s: %q, want %q", metadata, got, want)
		}
	}
}

// TestFind: by the file's name among others, by its keys, and not what is PEFT's.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	good := plainfile.Encode(nil, newest("transformer.x.to_q", 1, 2, 4, 3)...)
	other := write(t, filepath.Join(dir, "my-style.safetensors"), good)
	write(t, filepath.Join(dir, "my-style-000001.safetensors"), good)
	if _, err := diffusers.Format.Open(dir, adapter.Options{}); err == nil || !strings.Contains(err.Error(), "holds 2 files of weights, such as my-style-000001.safetensors and my-style.safetensors; name the file, as "+other) {
		t.Errorf("of several files: %v", err)
	}
	own := write(t, filepath.Join(dir, "pytorch_lora_weights.safetensors"), good)
	for path, want := range map[string]string{dir: own, own: own, other: other} {
		opened, err := diffusers.Format.Open(path, adapter.Options{})
		if err != nil {
			t.Fatal(err)
		}
		opened.Close()
		if opened.Files.Weights != want {
			t.Errorf("%s: %s", path, opened.Files.Weights)
		}
		var beside []string
		for _, note := range opened.Notes {
			beside = append(beside, note.Carry)
		}
		if wanted := path == dir; wanted != slices.Contains(beside, "my-style.safetensors") {
			t.Errorf("%s: notes on %q", path, beside)
		}
	}
	for _, tensors := range [][]plainfile.Tensor{
		newest("base_model.model.transformer.h.0.attn.c_attn", 1, 2, 2, 2), newest("transformer.h.0.attn.c_attn", 1, 2, 2, 2), newest("model.layers.0.self_attn.q_proj", 1, 2, 2, 2),
		{plainfile.Filled("unet.down_blocks.0.resnets.0.conv1.weight", 1, 2, 2)},
	} {
		if _, found := diffusers.Format.Find(file(t, nil, tensors)); found {
			t.Errorf("%s is taken for a tensor of diffusers'", tensors[0].Name)
		}
	}
}
