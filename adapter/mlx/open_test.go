package mlx_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/mlx"
	"github.com/loramerge/loramerge/internal/golden"
)

// TestOpen: A = aᵀ [r, in], B = bᵀ [out, r], and the scale is the configuration's own.
func TestOpen(t *testing.T) {
	tensors := joined(pairOf("model.layers.0.self_attn.q_proj", 3, 2, 4), pairOf("model.embed_tokens", 5, 2, 3), pairOf("lm_head", 3, 1, 5))
	a := mustOpen(t, mlx.Format, folder(t, plain, tensors))
	for name, want := range map[string]struct {
		form  adapter.Form
		rank  int
		alpha float64
		a, b  []float32
	}{
		// a = [[1 2] [3 4] [5 6]], b = [[1 2 3 4] [5 6 7 8]]
		"model.layers.0.self_attn.q_proj": {adapter.Linear, 2, 40, []float32{1, 3, 5, 2, 4, 6}, []float32{1, 5, 2, 6, 3, 7, 4, 8}},
		"model.embed_tokens":              {adapter.Embedding, 2, 40, []float32{1, 3, 5, 7, 9, 2, 4, 6, 8, 10}, []float32{1, 4, 2, 5, 3, 6}},
		"lm_head":                         {adapter.Linear, 1, 20, []float32{1, 2, 3}, []float32{1, 2, 3, 4, 5}},
	} {
		m, ok := a.Find(name)
		if !ok {
			t.Fatalf("no module %s", name)
		}
		pair, err := a.Pair(m)
		if err != nil {
			t.Fatal(err)
		}
		if m.Form != want.form || m.Rank != want.rank || m.Scale != 20 || m.Alpha != want.alpha || !slices.Equal(pair.A.Data, want.a) || !slices.Equal(pair.B.Data, want.b) {
			t.Errorf("%s is read as %+v, A %v, B %v", name, m, pair.A.Data, pair.B.Data)
		}
	}
	if a.Base != (adapter.Base{Name: "org/model"}) || a.Task != "CAUSAL_LM" || a.Format != mlx.Format {
		t.Errorf("base %q, task %q, format %v", a.Base, a.Task, a.Format)
	}
}

// TestFactor: which numbers of a configuration multiply B·A, and what is said of it.
func TestFactor(t *testing.T) {
	for _, c := range []struct {
		config string
		want   float64
		note   string
	}{
		{`{"lora_parameters": {"rank": 2, "scale": 20.0, "dropout": 0.0}, "num_layers": 16, "model": "m"}`, 20, ""},
		{`{"lora_parameters": {"rank": 2.0, "scale": 3, "dropout": 0.0, "keys": ["q"]}, "num_layers": -1, "model": "m", "fine_tune_type": null}`, 3, ""},
		{`{"lora_parameters": {"rank": 2, "scale": 10.0, "dropout": 0.0}, "lora_layers": 16, "use_dora": false, "model": "m"}`, 10, ""},
		{`{"lora_parameters": {"rank": 2, "scale": 10.0, "alpha": 16, "dropout": 0.0}, "lora_layers": 16, "model": "m"}`, 80,
			"lora_parameters has an alpha, as releases of early 2024 read it: the factors are multiplied by scale·alpha/rank = 80; releases since June 2024 would take 10"},
		{`{"lora_parameters": {"rank": 2, "scale": 10.0, "alpha": 16, "dropout": 0.0}, "num_layers": 16, "model": "m"}`, 10,
			"lora_parameters has an alpha, which mlx_lm has not read since June 2024: the factors are multiplied by scale = 10 alone"},
		{`{"lora_parameters": {"rank": 2, "scale": 0, "dropout": 0.0}, "num_layers": 16, "model": "m"}`, 0, "lora_parameters.scale is 0, so that the pairs have no effect"},
		{`{"lora_parameters": {"rank": 2, "scale": 1, "use_rslora": true, "bias": false}, "num_layers": 16, "model": "m"}`, 1, `lora_parameters sets "use_rslora", which mlx_lm does not read`},
		{`{"lora_parameters": {"rank": 8, "scale": 1}, "num_layers": 16, "model": "m"}`, 1, "1 module has another rank than adapter_config.json says; the tensors' own rank is used"},
		{`{"lora_parameters": {"rank": 2, "scale": 1}, "num_layers": 16}`, 1, "names no base model"},
	} {
		a := mustOpen(t, mlx.Format, folder(t, c.config, pairOf("q", 3, 2, 4)))
		var texts []string
		for _, note := range a.Notes {
			texts = append(texts, note.Text)
		}
		if got := strings.Join(texts, "|"); a.Modules[0].Scale != c.want || got != c.note {
			t.Errorf("%s\nscale %v, notes %q", c.config, a.Modules[0].Scale, got)
		}
	}
}

// TestRevision: mlx_lm knows no revisions; the field that Layout writes is read back.
func TestRevision(t *testing.T) {
	for raw, want := range map[string]string{`"abc"`: "abc", `"main"`: "", `null`: ""} {
		config := strings.Replace(plain, `"model"`, `"revision": `+raw+`, "model"`, 1)
		a := mustOpen(t, mlx.Format, folder(t, config, pairOf("q", 3, 2, 4)))
		if a.Base != (adapter.Base{Name: "org/model", Revision: want}) {
			t.Errorf("revision %s makes %q", raw, a.Base)
		}
	}
}

// TestRefused: what can't be read or merged, and what to do; the texts are in testdata.
func TestRefused(t *testing.T) {
	lines := golden.Gather(t, filepath.Join("testdata", "TestRefused.golden"))
	q := pairOf("q", 3, 2, 4)
	for what, path := range map[string]string{
		"dora":               folder(t, strings.Replace(plain, `"lora"`, `"dora"`, 1), q),
		"dora, before":       folder(t, `{"use_dora": true, "lora_layers": 1, "lora_parameters": {"scale": 1}}`, q),
		"full":               folder(t, `{"fine_tune_type": "full"}`, map[string]matrix{"q.weight": ramp(2, 2)}),
		"a new type":         folder(t, strings.Replace(plain, `"lora"`, `"vera"`, 1), q),
		"no parameters":      folder(t, `{"fine_tune_type": "lora"}`, q),
		"null parameters":    folder(t, `{"lora_parameters": null}`, q),
		"no scale":           folder(t, `{"lora_parameters": {"rank": 2}}`, q),
		"scale of null":      folder(t, "{\"lora_parameters\": {\"rank\": 2,\n \"scale\": null}}", q),
		"scale as text":      folder(t, `{"lora_parameters": {"scale": "2"}}`, q),
		"a broken rank":      folder(t, `{"lora_parameters": {"rank": 2.5, "scale": 1}}`, q),
		"parameters, a list": folder(t, `{"lora_parameters": [1]}`, q),
		"a scale twice":      folder(t, `{"lora_parameters": {"scale": 1, "scale": 2}}`, q),
		"a huge scale":       folder(t, `{"lora_parameters": {"scale": 1e300}}`, q),
		"no JSON":            folder(t, `{"lora_parameters"}`, q),
		"a list":             folder(t, `[]`, q),
		"null":               folder(t, `null`, q),
		"of PEFT":            folder(t, `{"peft_type": "LORA", "lora_alpha": 8, "r": 2}`, q),
		"no configuration":   folder(t, "", q),
		"a magnitude":        folder(t, plain, joined(q, map[string]matrix{"q.m": ramp(4), "v.m": ramp(4)})),
		"fused outputs":      folder(t, plain, map[string]matrix{"q.lora_a.0": ramp(3, 2), "q.lora_b.0": ramp(2, 4), "q.lora_a.1": ramp(3, 2), "q.lora_b.1": ramp(2, 4)}),
		"a vector":           folder(t, plain, map[string]matrix{"q.lora_a": ramp(6), "q.lora_b": ramp(2, 4)}),
		"nothing in it":      folder(t, plain, map[string]matrix{"q.lora_a": ramp(3, 0), "q.lora_b": ramp(0, 4)}),
		"half a pair":        folder(t, plain, map[string]matrix{"q.lora_a": ramp(3, 2)}),
		"other ranks":        folder(t, plain, map[string]matrix{"q.lora_a": ramp(3, 2), "q.lora_b": ramp(3, 4)}),
		"one expert":         folder(t, plain, stackOf("e", 1, 3, 2, 4)),
		"fewer experts":      folder(t, plain, map[string]matrix{"e.lora_a": ramp(3, 2, 3), "e.lora_b": ramp(2, 4, 2)}),
		"no stack of a":      folder(t, plain, map[string]matrix{"e.lora_a": ramp(3, 2), "e.lora_b": ramp(2, 4, 2)}),
		"experts' ranks":     folder(t, plain, map[string]matrix{"e.lora_a": ramp(2, 2, 3), "e.lora_b": ramp(2, 4, 3)}),
		"a million experts":  folder(t, plain, stackOf("e", adapter.MostExperts+1, 1, 1, 1)),
		"no width":           folder(t, plain, stackOf("e", 2, 0, 2, 4)),
		"four dimensions":    folder(t, plain, map[string]matrix{"e.lora_a": ramp(2, 2, 2, 3), "e.lora_b": ramp(2, 4, 2)}),
		"named as an expert": folder(t, plain, pairOf("e[1/2]", 3, 2, 4)),
		"something else":     folder(t, plain, joined(q, map[string]matrix{"norm.weight": ramp(4)})),
		"no tensor":          folder(t, plain, nil),
		"not transposed":     folder(t, plain, map[string]matrix{"q.lora_A.weight": ramp(2, 3), "q.lora_B.weight": ramp(4, 2)}),
		"early 2024":         filesIn(t, map[string]string{"adapters.npz": "PK"}),
		"no weights":         filesIn(t, map[string]string{"adapter_config.json": plain}),
		"checkpoints alone":  filesIn(t, map[string]string{"adapter_config.json": plain, "0000100_adapters.safetensors": "x", "0000200_adapters.safetensors": "x"}),
		"damaged":            filesIn(t, map[string]string{"adapter_config.json": plain, "adapters.safetensors": "x"}),
	} {
		a, err := mlx.Format.Open(path, adapter.Options{})
		if err == nil {
			a.Close()
			t.Errorf("%s: was opened", what)
			continue
		}
		all := []error{err}
		if several, ok := errors.AsType[*multierror.Error](err); ok {
			all = several.Errors
		}
		for _, e := range all {
			lines.Add(what + ": " + strings.ReplaceAll(e.Error(), path, "adapter"))
		}
		if _, found := mlx.Format.Find(path); !found && what != "no configuration" {
			t.Errorf("%s: is not recognized", what)
		}
	}
}

func filesIn(t *testing.T, files map[string]string) string {
	t.Helper()
	path := t.TempDir()
	for name, text := range files {
		writeFile(t, filepath.Join(path, name), []byte(text))
	}
	return path
}

// TestFind: by names, of a file's tensors too.
func TestFind(t *testing.T) {
	of := folder(t, plain, pairOf("q", 3, 2, 4))
	other := t.TempDir()
	writeWeights(t, filepath.Join(other, "adapter_model.safetensors"), map[string]matrix{"base_model.model.q.lora_A.weight": ramp(2, 3)})
	writeFile(t, filepath.Join(other, "adapter_config.json"), []byte(`{"peft_type": "LORA"}`))
	checkpoint := filepath.Join(of, "0000100_adapters.safetensors")
	writeWeights(t, checkpoint, pairOf("q", 3, 2, 4))
	for path, want := range map[string]adapter.Files{
		of:         {Weights: filepath.Join(of, "adapters.safetensors"), Config: filepath.Join(of, "adapter_config.json")},
		checkpoint: {Weights: checkpoint, Config: filepath.Join(of, "adapter_config.json")},
		other:      {},
		filepath.Join(other, "adapter_model.safetensors"): {},
		filepath.Join(other, "absent"):                    {},
		filepath.Join(of, "adapter_config.json"):          {},
	} {
		files, found := mlx.Format.Find(path)
		if found != (want != adapter.Files{}) || found && files != want {
			t.Errorf("%s: %v, %v", path, files, found)
		}
	}
}

// TestCheckpoints: what the trainer keeps beside the adapter is no adapter, but one of them can be loaded by name.
func TestCheckpoints(t *testing.T) {
	path := folder(t, plain, pairOf("q", 3, 2, 4))
	for _, name := range []string{"0000100_adapters.safetensors", "0000200_adapters.safetensors"} {
		writeWeights(t, filepath.Join(path, name), pairOf("q", 3, 2, 5))
	}
	a := mustOpen(t, mlx.Format, path)
	if len(a.Notes) != 1 || a.Notes[0].Text != "2 checkpoints of the training are next to the adapter and are not merged, such as 0000100_adapters.safetensors" {
		t.Errorf("notes: %+v", a.Notes)
	}
	if m := mustOpen(t, mlx.Format, filepath.Join(path, "0000200_adapters.safetensors")).Modules[0]; m.Out() != 5 || m.Scale != 20 {
		t.Errorf("the checkpoint is read as %+v", m)
	}
}

// TestVectorsRefused: of the vectors that must not be read.
func TestVectorsRefused(t *testing.T) {
	needVectors(t)
	for folder, want := range map[string]string{
		"mlx/dora": `fine_tune_type is "dora"`, "mlx/old-npz": "which did not store the scale", "mlx/fused-outputs": "fuses several outputs", "mlx/full": `fine_tune_type is "full"`,
	} {
		path := filepath.Join(vectors, folder)
		if _, err := os.Stat(path); err != nil {
			t.Logf("%s is not there", path)
			continue
		}
		if a, err := mlx.Format.Open(path, adapter.Options{}); err == nil {
			a.Close()
			t.Errorf("%s was opened", folder)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", folder, err)
		}
	}
}
