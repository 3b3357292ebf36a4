package kohya_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/kohya"
	"github.com/loramerge/loramerge/internal/plainfile"
)

// deltas are the ΔW of a file in this format, by its formula: alpha/r·up·down, and 1·up·down
// without an alpha or with one of 0 (sd-scripts, networks/lora.py).
func deltas(t *testing.T, file []byte) map[string][]float64 {
	t.Helper()
	tensors, _, err := plainfile.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string][]float64)
	for name, a := range tensors {
		module, ok := strings.CutSuffix(name, ".lora_down.weight")
		if !ok {
			continue
		}
		factor := 1.0
		if alpha, ok := tensors[module+".alpha"]; ok && alpha.Values[0] != 0 {
			factor = alpha.Values[0] / float64(a.Shape[0])
		}
		out[module] = plainfile.Delta(factor, a, tensors[module+".lora_up.weight"])
	}
	return out
}

// read opens a file and multiplies what was read.
func read(t *testing.T, path string) (*adapter.Adapter, map[string][]float64) {
	t.Helper()
	opened, err := kohya.Format.Open(path, adapter.Options{})
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

// saved writes an adapter as it is in this format again.
func saved(t *testing.T, opened *adapter.Adapter, change func(*adapter.Module)) []byte {
	t.Helper()
	var modules []*adapter.Module
	for i := range opened.Modules {
		m := opened.Modules[i]
		if change != nil {
			change(&m)
		}
		modules = append(modules, &m)
	}
	layout, err := kohya.Format.Layout(adapter.Content{Inputs: []*adapter.Adapter{opened}, Modules: modules})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), layout.Names.Weights)
	w, err := layout.Create(path, map[string]string{"format": "pt"})
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range modules {
		pair, err := opened.Pair(&opened.Modules[i])
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

func write(t *testing.T, path string, file []byte) string {
	t.Helper()
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func pair(module string, seed, r, in, out int) []plainfile.Tensor {
	return []plainfile.Tensor{plainfile.Filled(module+".lora_down.weight", seed, r, in), plainfile.Filled(module+".lora_up.weight", seed+1, out, r)}
}

// example has everything that the format holds: linear layers with and without an alpha, one of
// 0, several dtypes of alphas, and convolutions.
func example() []byte {
	tensors := slices.Concat(
		pair("lora_unet_mid_block_attentions_0_proj_in", 1, 2, 6, 4), pair("lora_unet_without_alpha", 3, 3, 5, 7),
		pair("lora_te1_text_model_encoder_layers_0_mlp_fc1", 4, 2, 4, 8), pair("lora_te2_zero", 5, 2, 4, 3),
		[]plainfile.Tensor{
			plainfile.Filled("lora_unet_conv1.lora_down.weight", 6, 2, 3, 3, 3), plainfile.Filled("lora_unet_conv1.lora_up.weight", 7, 4, 2, 1, 1),
			plainfile.Filled("lora_unet_conv2.lora_down.weight", 8, 2, 3, 1, 1).As("F16"), plainfile.Filled("lora_unet_conv2.lora_up.weight", 9, 4, 2, 1, 1).As("BF16"),
			plainfile.Number("lora_unet_mid_block_attentions_0_proj_in.alpha", 1).As("F16"), plainfile.Number("lora_te1_text_model_encoder_layers_0_mlp_fc1.alpha", 4).As("I64"),
			plainfile.Number("lora_te2_zero.alpha", 0), plainfile.Number("lora_unet_conv1.alpha", 0.5).As("BF16"),
			{Name: "lora_unet_conv2.alpha", DType: "F64", Shape: []int{1}, Values: []float64{8}},
		})
	return plainfile.Encode(map[string]string{"ss_base_model_version": "sd_v1", "ss_network_dim": "2"}, tensors...)
}

func TestRead(t *testing.T) {
	file := example()
	opened, got := read(t, write(t, filepath.Join(t.TempDir(), "x.safetensors"), file))
	if want := deltas(t, file); !maps.EqualFunc(got, want, slices.Equal) || len(want) != 6 {
		t.Errorf("ΔW of %q, and not of %q, or other numbers", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	if base := opened.Base.Name; base != "sd_v1" {
		t.Errorf("the base model is %q", base)
	}
	if m, _ := opened.Find("lora_unet_conv1"); m.Form != adapter.Conv || m.Rank != 2 || m.Alpha != 0.5 {
		t.Errorf("the convolution is %+v", m)
	}
	var notes []string
	for _, note := range opened.Notes {
		notes = append(notes, note.Text)
	}
	want := []string{`the alpha of 1 module is 0, such as that of "lora_te2_zero"; it is read as the rank, a scale of 1, as sd-scripts reads it, where other programs take it for no effect`,
		"mixes the dtypes BF16, F16, F32"}
	if !slices.Equal(notes, want) {
		t.Errorf("notes %q, not %q", notes, want)
	}
}

// TestRoundTrip: what is read and written again has the same ΔW, bit for bit, the same names, and
// an alpha in float32 for every pair.
func TestRoundTrip(t *testing.T) {
	file := example()
	opened, _ := read(t, write(t, filepath.Join(t.TempDir(), "x.safetensors"), file))
	again := saved(t, opened, nil)
	if got, want := deltas(t, again), deltas(t, file); !maps.EqualFunc(got, want, slices.Equal) {
		t.Error("ΔW differs")
	}
	tensors, metadata, err := plainfile.Decode(again)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := plainfile.Decode(file)
	for name := range before {
		if _, ok := tensors[name]; !ok {
			t.Errorf("%s is gone", name)
		}
	}
	if alpha := tensors["lora_unet_without_alpha.alpha"]; len(tensors) != 18 || alpha.DType != "F32" || len(alpha.Shape) != 0 || alpha.Values[0] != 3 {
		t.Errorf("%d tensors, and %+v", len(tensors), alpha)
	}
	want := map[string]string{"format": "pt", "ss_base_model_version": "sd_v1", "ss_network_dim": "Dynamic", "ss_network_alpha": "Dynamic"}
	if !maps.Equal(metadata, want) {
		t.Errorf("metadata %q, not %q", metadata, want)
	}
}

// TestScales: readers compute alpha/r, and take an alpha of 0 for none.
func TestScales(t *testing.T) {
	file := plainfile.Encode(nil, pair("lora_unet_x", 1, 3, 4, 5)...)
	opened, plain := read(t, write(t, filepath.Join(t.TempDir(), "x.safetensors"), file))
	for _, scale := range []float64{1, 0.5, -2, 1.0 / 3, 0, 100} {
		got := deltas(t, saved(t, opened, func(m *adapter.Module) { m.Scale = scale }))["lora_unet_x"]
		for i, w := range plain["lora_unet_x"] {
			if want := scale * w; got[i] != want && !(abs(got[i]-want) <= 0x1p-24*abs(want)) {
				t.Errorf("scale %v: %v, not %v", scale, got[i], want)
			}
		}
	}
}

func abs(x float64) float64 { return max(x, -x) }

// TestVectors: the files of the format that come with the tests have the ΔW that they are said to
// have, and keep it.
func TestVectors(t *testing.T) {
	vectors := filepath.Join("..", "..", "..", "shared", "formats", "vectors")
	files, _ := filepath.Glob(filepath.Join(vectors, "kohya", "*.safetensors"))
	if len(files) == 0 {
		t.Skip("no vectors here")
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".safetensors")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(vectors, "expected", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var expected struct {
				Modules map[string]struct{ Data []float64 }
			}
			if err := json.Unmarshal(text, &expected); err != nil {
				t.Fatal(err)
			}
			want := make(map[string][]float64)
			for module, e := range expected.Modules {
				want[module] = e.Data
			}
			opened, got := read(t, path)
			if got = renamed(got); !maps.EqualFunc(got, want, slices.Equal) {
				t.Errorf("read: ΔW of %q, and not of %q, or other numbers", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
			}
			if got := renamed(deltas(t, saved(t, opened, nil))); !maps.EqualFunc(got, want, slices.Equal) {
				t.Error("written: ΔW differs")
			}
		})
	}
}

// renamed gives modules the names of diffusers, as far as the vectors have them; Flux's qkv
// is three modules there.
func renamed(modules map[string][]float64) map[string][]float64 {
	out := make(map[string][]float64)
	for name, delta := range modules {
		qkv := false
		for _, r := range [][2]string{
			{"lora_unet_double_blocks_", "transformer.transformer_blocks."}, {"_img_attn_proj", ".attn.to_out.0"},
			{"lora_te1_", "text_encoder."}, {"lora_te2_", "text_encoder_2."}, {"lora_te_", "text_encoder."}, {"lora_unet_", "unet."},
			{"text_model_encoder_layers_0_", "text_model.encoder.layers.0."}, {"self_attn_", "self_attn."}, {"mlp_", "mlp."},
			{"input_blocks_4_1", "down_blocks.1.attentions.0"}, {"middle_block_1", "mid_block.attentions.0"}, {"output_blocks_4_1", "up_blocks.1.attentions.1"},
			{"down_blocks_0_attentions_0_", "down_blocks.0.attentions.0."}, {"down_blocks_0_resnets_0_", "down_blocks.0.resnets.0."},
			{"_transformer_blocks_0_", ".transformer_blocks.0."}, {"transformer_blocks_0_", "transformer_blocks.0."}, {"attn1_", "attn1."}, {"attn2_", "attn2."},
			{"to_out_0", "to_out.0"}, {"ff_net_0_proj", "ff.net.0.proj"}, {"ff_net_2", "ff.net.2"},
		} {
			name = strings.Replace(name, r[0], r[1], 1)
		}
		if name, qkv = strings.CutSuffix(name, "_img_attn_qkv"); !qkv {
			out[name] = delta
			continue
		}
		for i, part := range []string{"to_q", "to_k", "to_v"} {
			third := len(delta) / 3
			out[fmt.Sprintf("%s.attn.%s", name, part)] = delta[i*third : (i+1)*third]
		}
	}
	return out
}
