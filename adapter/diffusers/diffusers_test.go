package diffusers_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/diffusers"
	"github.com/loramerge/loramerge/internal/plainfile"
)

// read opens a file and multiplies what was read.
func read(t *testing.T, path string) (*adapter.Adapter, map[string][]float64) {
	t.Helper()
	opened, err := diffusers.Format.Open(path, adapter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	out := make(map[string][]float64)
	for i := range opened.Modules {
		m := &opened.Modules[i]
		pair, err := opened.Pair(m)
		if err != nil {
			t.Fatal(err)
		}
		out[m.Name] = plainfile.Delta(m.Scale, plainfile.Wide(m.A.Shape, pair.A.Data), plainfile.Wide(m.B.Shape, pair.B.Data))
	}
	return opened, out
}

// saved writes adapters' modules, those of the first that has each, as one file.
func saved(t *testing.T, change func(*adapter.Module), inputs ...*adapter.Adapter) []byte {
	t.Helper()
	from := make(map[string]*adapter.Adapter)
	var modules []*adapter.Module
	for _, input := range inputs {
		for _, m := range input.Modules {
			if from[m.Name] == nil {
				from[m.Name] = input
				if change != nil {
					change(&m)
				}
				modules = append(modules, &m)
			}
		}
	}
	slices.SortFunc(modules, func(x, y *adapter.Module) int { return strings.Compare(x.Name, y.Name) })
	layout, err := diffusers.Format.Layout(adapter.Content{Inputs: inputs, Modules: modules})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), layout.Names.Weights)
	w, err := layout.Create(path, map[string]string{"format": "pt"})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		own, _ := from[m.Name].Find(m.Name)
		pair, err := from[m.Name].Pair(own)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range [][]float32{pair.A.Data, pair.B.Data} {
			if err := w.Write(m, i, x); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// deltas are the ΔW of a file with the newest keys by the format's formula: s·B·A, s = alpha/r by
// tensors, or by the metadata of each component, whose patterns are matched as PEFT does,
// re.match(rf"(.*\.)?({key})$", name), or else 1.
func deltas(t *testing.T, file []byte) map[string][]float64 {
	t.Helper()
	tensors, metadata, err := plainfile.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	configs := make(map[string]json.RawMessage)
	if text := metadata["lora_adapter_metadata"]; text != "" {
		if err := json.Unmarshal([]byte(text), &configs); err != nil {
			t.Fatal(err)
		}
	}
	out := make(map[string][]float64)
	for name, a := range tensors {
		module, ok := strings.CutSuffix(name, ".lora_A.weight")
		if !ok {
			continue
		}
		factor := 1.0
		if alpha, ok := tensors[module+".alpha"]; ok {
			factor = alpha.Values[0] / float64(a.Shape[0])
		} else if len(configs) > 0 {
			factor = configured(t, configs, module, a.Shape[0])
		}
		out[module] = plainfile.Delta(factor, a, tensors[module+".lora_B.weight"])
	}
	return out
}

// configured is a module's scale by the metadata, which must give its rank too.
func configured(t *testing.T, configs map[string]json.RawMessage, module string, rank int) float64 {
	t.Helper()
	component, name, _ := strings.Cut(module, ".")
	number := func(field, pattern string) float64 {
		var usual float64
		var exceptions map[string]float64
		if err := json.Unmarshal(configs[component+"."+field], &usual); err != nil {
			t.Fatalf("%s of %s: %v", field, component, err)
		}
		if err := json.Unmarshal(configs[component+"."+pattern], &exceptions); err != nil {
			t.Fatalf("%s of %s: %v", pattern, component, err)
		}
		found := usual
		for key, value := range exceptions {
			if regexp.MustCompile(`^(.*\.)?(` + key + `)$`).MatchString(name) {
				found = value // of the examples' keys one matches
			}
		}
		return found
	}
	if r := number("r", "rank_pattern"); int(r) != rank {
		t.Errorf("%s has rank %d, and the metadata say %v", module, rank, r)
	}
	return number("lora_alpha", "alpha_pattern") / float64(rank)
}

func write(t *testing.T, path string, file []byte) string {
	t.Helper()
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func pair(a, b string, seed, r, in, out int) []plainfile.Tensor {
	return []plainfile.Tensor{plainfile.Filled(a, seed, r, in), plainfile.Filled(b, seed+1, out, r)}
}

func newest(module string, seed, r, in, out int) []plainfile.Tensor {
	return pair(module+".lora_A.weight", module+".lora_B.weight", seed, r, in, out)
}

func file(t *testing.T, metadata map[string]string, tensors ...[]plainfile.Tensor) string {
	t.Helper()
	return write(t, filepath.Join(t.TempDir(), "pytorch_lora_weights.safetensors"), plainfile.Encode(metadata, slices.Concat(tensors...)...))
}

// TestGenerations: keys of all ages, in one file, and the modules that they mean.
func TestGenerations(t *testing.T) {
	const block = "unet.down_blocks.0.attentions.0.transformer_blocks.0."
	conv := []plainfile.Tensor{plainfile.Filled("unet.conv_in.lora_A.weight", 30, 2, 3, 3, 3), plainfile.Filled("unet.conv_in.lora_B.weight", 31, 4, 2, 1, 1)}
	path := file(t, nil,
		pair(block+"attn1.processor.to_q_lora.down.weight", block+"attn1.processor.to_q_lora.up.weight", 1, 2, 4, 3),
		pair(block+"attn1.processor.to_out_lora.down.weight", block+"attn1.processor.to_out_lora.up.weight", 2, 2, 4, 3),
		pair(block+"attn2.to_k.lora.down.weight", block+"attn2.to_k.lora.up.weight", 3, 2, 4, 3),
		pair("text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_linear_layer.down.weight", "text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_linear_layer.up.weight", 4, 2, 4, 3),
		pair("text_encoder_2.text_model.encoder.layers.0.self_attn.to_out_lora.down.weight", "text_encoder_2.text_model.encoder.layers.0.self_attn.to_out_lora.up.weight", 5, 2, 4, 3),
		newest("transformer.transformer_blocks.0.attn.add_q_proj", 6, 2, 4, 3), conv,
		pair("text_encoder_3.encoder.q.lora_A.default_0.weight", "text_encoder_3.encoder.q.lora_B.default_0.weight", 7, 2, 4, 3))
	_, got := read(t, path)
	want := map[string][]float64{"unet.conv_in": plainfile.Delta(1, conv[0], conv[1])}
	for module, seed := range map[string]int{
		block + "attn1.to_q": 1, block + "attn1.to_out.0": 2, block + "attn2.to_k": 3, "transformer.transformer_blocks.0.attn.add_q_proj": 6,
		"text_encoder.text_model.encoder.layers.0.self_attn.q_proj": 4, "text_encoder_2.text_model.encoder.layers.0.self_attn.out_proj": 5, "text_encoder_3.encoder.q": 7,
	} {
		p := newest("", seed, 2, 4, 3)
		want[module] = plainfile.Delta(1, p[0], p[1])
	}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("ΔW of %q, and not of %q, or other numbers", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

const said = `{"text_encoder.lora_alpha": 4, "text_encoder.r": 2, "unet.alpha_pattern": {"^mid.to_k": 8, "to_v": 6},
	"unet.lora_alpha": 1, "unet.r": 2, "unet.rank_pattern": {"^mid.to_k": 4}, "unet.use_dora": false, "unet.use_rslora": false, "unet.base_model_name_or_path": "org/model"}`

func configuredFile(t *testing.T) string {
	return file(t, map[string]string{"lora_adapter_metadata": said}, newest("unet.mid.to_q", 1, 2, 4, 3), newest("unet.mid.to_k", 2, 4, 4, 3),
		newest("unet.up.to_v", 3, 2, 4, 3), newest("text_encoder.x.q_proj", 4, 2, 4, 3))
}

// TestScales: from the metadata, from tensors, or 1.
func TestScales(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		want map[string]float64
	}{
		"metadata": {configuredFile(t), map[string]float64{"unet.mid.to_q": 0.5, "unet.mid.to_k": 2, "unet.up.to_v": 3, "text_encoder.x.q_proj": 2}},
		"tensors": {file(t, nil, newest("transformer.x.to_q", 1, 2, 4, 3), newest("text_encoder.q", 2, 4, 4, 3),
			[]plainfile.Tensor{plainfile.Number("transformer.x.to_q.alpha", 1).As("BF16")}), map[string]float64{"transformer.x.to_q": 0.5, "text_encoder.q": 1}},
		"neither": {file(t, nil, newest("unet.x.to_q", 1, 2, 4, 3), newest("unet.x.to_k", 2, 4, 4, 3)), map[string]float64{"unet.x.to_q": 1, "unet.x.to_k": 1}},
		"of one model": {file(t, map[string]string{"lora_adapter_metadata": `{"r": 2, "lora_alpha": 3, "use_rslora": false}`},
			newest("down_blocks.0.resnets.0.conv1", 1, 2, 4, 3)), map[string]float64{"down_blocks.0.resnets.0.conv1": 1.5}},
		"rsLoRA": {file(t, map[string]string{"lora_adapter_metadata": `{"unet.r": 4, "unet.lora_alpha": 3, "unet.use_rslora": true}`},
			newest("unet.x", 1, 4, 4, 3)), map[string]float64{"unet.x": 1.5}},
	} {
		opened, _ := read(t, c.path)
		got := make(map[string]float64)
		for _, m := range opened.Modules {
			got[m.Name] = m.Scale
		}
		if !maps.Equal(got, c.want) {
			t.Errorf("%s: %v, not %v", name, got, c.want)
		}
	}
}

// TestRoundTrip: what is read and written again has the same ΔW, and says its scales as before.
func TestRoundTrip(t *testing.T) {
	opened, before := read(t, configuredFile(t))
	if opened.Base.Name != "org/model" {
		t.Errorf("the base model is %+v", opened.Base)
	}
	if got := deltas(t, saved(t, nil, opened)); !maps.EqualFunc(got, before, slices.Equal) {
		t.Error("ΔW differs")
	}
	flux := file(t, nil, newest("transformer.x.to_q", 1, 2, 4, 3), newest("transformer.x.to_k", 2, 4, 4, 3),
		[]plainfile.Tensor{plainfile.Number("transformer.x.to_q.alpha", 1), plainfile.Number("transformer.x.to_k.alpha", 1)})
	opened, before = read(t, flux)
	again := saved(t, nil, opened)
	tensors, metadata, _ := plainfile.Decode(again)
	if len(tensors) != 6 || len(metadata) != 1 || !maps.EqualFunc(deltas(t, again), before, slices.Equal) {
		t.Errorf("%d tensors, metadata %q, or another ΔW", len(tensors), metadata)
	}
}

// TestWhenMetadata: a LoraConfig is written where readers would take other scales by the tensors
// alone, and nothing where they don't.
func TestWhenMetadata(t *testing.T) {
	plain, _ := read(t, file(t, map[string]string{"lora_adapter_metadata": `{"unet.r": 2, "unet.lora_alpha": 2}`}, newest("unet.x.to_q", 1, 2, 4, 3), newest("unet.x.to_k", 2, 2, 4, 3)))
	if _, metadata, _ := plainfile.Decode(saved(t, nil, plain)); metadata["lora_adapter_metadata"] != "" {
		t.Errorf("one rank, scale 1: %q", metadata)
	}
	file := saved(t, func(m *adapter.Module) { m.Scale = 0.25 }, plain)
	_, metadata, _ := plainfile.Decode(file)
	const want = `{
  "unet.alpha_pattern": {},
  "unet.lora_alpha": 0.5,
  "unet.r": 2,
  "unet.rank_pattern": {},
  "unet.target_modules": [
    "x.to_k",
    "x.to_q"
  ],
  "unet.use_rslora": false
}`
	if metadata["lora_adapter_metadata"] != want {
		t.Errorf("%s\nnot\n%s", metadata["lora_adapter_metadata"], want)
	}
	deltas(t, file)
}
