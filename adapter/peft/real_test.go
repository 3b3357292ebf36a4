package peft

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/adapter"
)

// realAdapters are adapters that other people trained, kept beside the project. Their
// README gives base, rank, α and target modules of each.
const realAdapters = "../../../shared/adapters"

func openReal(t *testing.T, name string) *adapter.Adapter {
	t.Helper()
	path, err := filepath.EvalSymlinks(filepath.Join(realAdapters, name)) // a link would be noted
	if err != nil {
		t.Skipf("%s is not here", filepath.Join(realAdapters, name))
	}
	return mustOpen(t, path)
}

const (
	noBase       = "names no base model"
	noScore      = `modules_to_save names "score", which has no tensors`
	noClassifier = `modules_to_save names "classifier", which has no tensors`
	noQV         = `target_modules names "q_proj", "v_proj", which have no tensors`
)

// Ranks and α are the README's. The pairs follow from the models: GPT-2 and RoBERTa have
// 12 layers, DistilBERT 6, ConvNeXt-T 18 blocks. RoBERTa's 105 whole tensors are 8 biases
// a layer, the embeddings' one, the head's 4 and its biases twice more, for bias is "all".
func TestRealAdapters(t *testing.T) {
	for _, c := range []struct {
		name         string
		rank         int
		alpha        float64
		pairs, whole int
		notes        []string
	}{
		{"gpt2-classify-a", 8, 32, 36, 1, []string{noClassifier}},
		{"gpt2-classify-b", 8, 32, 36, 1, []string{noQV, noClassifier}},
		{"gpt2-classify-c", 8, 32, 36, 1, []string{noQV, noClassifier}},
		{"gpt2-tuned", 8, 16, 36, 0, nil},
		{"gpt2-tuned-200", 8, 16, 36, 0, nil},
		{"gpt2-reviews", 8, 16, 12, 0, []string{noQV}},
		{"gpt2-reviews-2500", 8, 16, 12, 0, []string{noQV}},
		{"gpt2-faculty", 8, 32, 12, 0, nil},
		{"gpt2-qa-r16", 16, 32, 12, 0, nil},
		{"roberta-agnews-500", 4, 16, 36, 105, []string{noScore}},
		{"roberta-agnews-1200", 4, 16, 36, 105, []string{noScore}},
		{"distilbert-r4", 4, 32, 12, 4, []string{noScore}},
		{"distilbert-r8-support", 8, 16, 12, 4, []string{noScore}},
		{"convnext-mountain-1", 8, 16, 36, 0, []string{noBase}},
		{"convnext-mountain-2", 8, 16, 36, 0, []string{noBase}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := openReal(t, c.name)
			pairs := 0
			for i := range a.Modules {
				m := &a.Modules[i]
				if m.Form == adapter.Whole {
					continue
				}
				pairs++
				if m.Form != adapter.Linear || m.Rank != c.rank || m.Alpha != c.alpha || m.Scale != c.alpha/float64(c.rank) {
					t.Errorf("%s: %s of rank %d, α %v, scale %v", m.Name, m.Form, m.Rank, m.Alpha, m.Scale)
				}
			}
			if whole := len(a.Modules) - pairs; pairs != c.pairs || whole != c.whole {
				t.Errorf("%d pairs and %d whole tensors", pairs, whole)
			}
			if !slices.Equal(noteTexts(a), c.notes) {
				t.Errorf("notes %q", noteTexts(a))
			}
		})
	}
}

// A merge of one real adapter with itself is configured as that adapter was, but for
// targets of which it has no tensors.
func TestRealAdaptersAreWrittenAlike(t *testing.T) {
	for _, name := range []string{"gpt2-classify-b", "roberta-agnews-500", "distilbert-r4", "convnext-mountain-1"} {
		a := openReal(t, name)
		var modules []*adapter.Module
		for i := range a.Modules {
			modules = append(modules, &a.Modules[i])
		}
		got := merged(t, []*adapter.Adapter{a, a}, modules, "")
		without := (&reader{Adapter: a, config: ConfigOf(a)}).unreached(ConfigOf(a).TargetModules.Names)
		targets := slices.DeleteFunc(slices.Sorted(slices.Values(ConfigOf(a).TargetModules.Names)), func(name string) bool { return slices.Contains(without, name) })
		for field, want := range map[string]string{
			"r": fmt.Sprint(ConfigOf(a).R), "lora_alpha": fmt.Sprint(ConfigOf(a).Alpha), "bias": ConfigOf(a).Bias, "fan_in_fan_out": fmt.Sprint(ConfigOf(a).FanInFanOut),
			"use_rslora": "false", "rank_pattern": "map[]", "alpha_pattern": "map[]", "target_modules": fmt.Sprint(targets),
		} {
			if fmt.Sprint(got[field]) != want {
				t.Errorf("%s: %s is %v, not %s", name, field, got[field], want)
			}
		}
	}
}
