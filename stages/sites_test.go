package stages_test

import (
	"testing"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// TestSites: a depth is the first whole number between a name's dots, or where it has none between
// its underscores; the least of the model is at 0, the greatest at 1.
func TestSites(t *testing.T) {
	want := []recipe.Site{
		{Module: "lm_head"},
		{Module: "model.layers.2.mlp.experts.7.w1", Depth: 0, HasDepth: true},
		{Module: "model.layers.4.q_proj", Depth: 0.25, HasDepth: true},
		{Module: "model.layers.10.q_proj", Depth: 1, HasDepth: true},
		{Module: "model.h2.x2.4th.q_proj"},
		{Module: "model.h_4.q_proj"},
		{Module: "lora_te1_text_model_encoder_layers_6_mlp_fc1", Depth: 0.5, HasDepth: true},
		{Module: "model.layers.99999999999999999999.q_proj"},
	}
	var names []string
	for _, site := range want {
		names = append(names, site.Module)
	}
	for i, got := range stages.Sites(names) {
		if got != want[i] {
			t.Errorf("%+v, want %+v", got, want[i])
		}
	}
	if got := stages.Sites([]string{"h.3.x"})[0]; got.Depth != 0 || !got.HasDepth {
		t.Errorf("the only layer is at %v", got)
	}
}

func TestPick(t *testing.T) {
	in := exampleInputs(t, "factors", normal)
	both := play(t, in, "m: {scale: [python, sql]}")
	one, ok := both.Pick("sql")
	if !ok || len(one.Names()) != 1 || one.Names()[0] != "sql" {
		t.Errorf("picked %q", one.Names())
	}
	if _, ok := both.Pick("chat"); ok {
		t.Error("picked an adapter that is not there")
	}
}
