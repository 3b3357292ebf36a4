package mlx_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/mlx"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// moduleOf is a pair [3, r], [r, 4] of that scale.
func moduleOf(name string, rank int, scale float64) *adapter.Module {
	half := func(shape ...int) adapter.Tensor {
		return adapter.Stored(safetensors.Tensor{Name: name, DType: safetensors.BF16, Shape: shape})
	}
	return &adapter.Module{Name: name, Rank: rank, Scale: scale, A: half(rank, 3), B: half(4, rank)}
}

func layoutOf(t *testing.T, base adapter.Base, modules ...*adapter.Module) *adapter.Layout {
	t.Helper()
	layout, err := mlx.Format.Layout(adapter.Content{Modules: modules, Base: base})
	if err != nil {
		t.Fatal(err)
	}
	return layout
}

// TestConfig is what is written, to the letter.
func TestConfig(t *testing.T) {
	layout := layoutOf(t, adapter.Base{Name: "org/<model>", Revision: "abc"}, moduleOf("model.layers.0.self_attn.q_proj", 2, 0.5), moduleOf("model.layers.1.self_attn.q_proj", 4, 0.5))
	if want := `{
    "fine_tune_type": "lora",
    "lora_parameters": {
        "dropout": 0.0,
        "keys": [
            "self_attn.q_proj"
        ],
        "rank": 4,
        "scale": 0.5
    },
    "model": "org/<model>",
    "num_layers": -1,
    "revision": "abc"
}
`; string(layout.Config) != want {
		t.Errorf("%s", layout.Config)
	}
	if bare := string(layoutOf(t, adapter.Base{}, moduleOf("q", 2, 1)).Config); strings.Contains(bare, `"model"`) || strings.Contains(bare, "revision") {
		t.Errorf("%s", bare)
	}
}

// TestKeys: what every layer up to the last has is named within the layer, all else from the
// model's root.
func TestKeys(t *testing.T) {
	for _, c := range []struct{ modules, want string }{
		{"model.layers.0.q model.layers.1.q", "q"},
		{"model.layers.1.q", "model.layers.1.q"}, // the last layer alone
		{"model.layers.0.q model.layers.1.q model.layers.1.v", "model.layers.1.v q"},
		{"model.layers.0.q model.layers.2.q", "model.layers.0.q model.layers.2.q"},
		{"lm_head model.embed_tokens model.layers.0.mlp.up", "lm_head mlp.up model.embed_tokens"},
		{"h.0.q encoder.0.q encoder.1.q", "q"},
		{"h.1.q encoder.0.q encoder.1.q", "h.1.q q"},
		{"model.layers.0.experts.3.up", "experts.3.up"},
		{"model.layers.00.q model.layers.x1.q layers.7", "layers.7 model.layers.00.q model.layers.x1.q"},
	} {
		var modules []*adapter.Module
		for _, name := range strings.Fields(c.modules) {
			modules = append(modules, moduleOf(name, 2, 1))
		}
		if got := adapter.TargetNames(modules); !slices.Equal(got, strings.Fields(c.want)) {
			t.Errorf("%s: %s", c.modules, got)
		}
	}
}

// TestScale: one number where all agree; else one that makes all others powers of two times
// it, which costs no bit of b; else 1.
func TestScale(t *testing.T) {
	for _, c := range []struct {
		scales []float64
		want   string
		b      []float32 // what becomes of a b of ones
	}{
		{[]float64{0.7, 0.7}, "0.7", []float32{1, 1}},
		{[]float64{2, 2}, "2.0", []float32{1, 1}},
		{[]float64{0, 0}, "0.0", []float32{1, 1}},
		{[]float64{2, 0.5}, "1.0", []float32{2, 0.5}},
		{[]float64{3, 0.75}, "3.0", []float32{1, 0.25}},
		{[]float64{0, 3}, "3.0", []float32{0, 1}},
		{[]float64{-2, 2}, "1.0", []float32{-2, 2}},
		{[]float64{1e-8, 1}, "1.0", []float32{1e-8, 1}},
		{[]float64{1e-8, 1e-8}, "1e-08", []float32{1, 1}},
		{[]float64{3, 2}, "1.0", []float32{3, 2}},
	} {
		layout := layoutOf(t, adapter.Base{}, moduleOf("q", 1, c.scales[0]), moduleOf("v", 2, c.scales[1]))
		if !strings.Contains(string(layout.Config), `"scale": `+c.want+"\n") {
			t.Errorf("%v: %s", c.scales, layout.Config)
		}
		const said = "MLX has one scale for all pairs, so scales that differ, such as "
		if exact := c.want != "1.0" || c.scales[0] != 3 && c.scales[0] != 1e-8; (layout.Rounds == "") != exact || !exact && !strings.HasPrefix(layout.Rounds, said) {
			t.Errorf("%v: %q", c.scales, layout.Rounds)
		}
		for i, place := range layout.Stored {
			switch place.Name {
			case "q.lora_b": // one row of ones, and one of zeros that fills the rank up
				if got := place.Arrange([]float32{1, 1, 1, 1}); !slices.Equal(got, slices.Concat(slices.Repeat(c.b[:1], 4), make([]float32, 4))) {
					t.Errorf("%v: b of q is %v", c.scales, got)
				}
			case "v.lora_b":
				if got := layout.Stored[i].Arrange(slices.Repeat([]float32{1}, 8)); !slices.Equal(got, slices.Repeat(c.b[1:], 8)) {
					t.Errorf("%v: b of v is %v", c.scales, got)
				}
			}
		}
	}
}

func TestLayoutRefuses(t *testing.T) {
	conv := moduleOf("conv", 2, 1)
	conv.Form = adapter.Conv
	_, err := mlx.Format.Layout(adapter.Content{Modules: []*adapter.Module{moduleOf("q", 2, 1), conv}})
	if want := "MLX has no place for \"conv\", whose layer is neither linear nor an embedding (conv); leave it out with `exclude: \"conv\"` in a `select`"; err == nil || err.Error() != want {
		t.Errorf("%v, not %s", err, want)
	}
}
