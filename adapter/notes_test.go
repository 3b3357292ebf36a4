package adapter

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestNotes(t *testing.T) {
	pair := pairOf("h.q_proj", 2, 3, 4)
	half := []stored{pair[0], {name: pair[1].name, dtype: BF16, shape: []int{4, 2}, values: make([]float32, 8)}}
	for _, c := range []struct {
		fields  []string
		tensors []stored
		want    []string
	}{
		{nil, pair, nil},
		{[]string{"base_model_name_or_path", "null"}, pair, []string{"names no base model"}},
		{[]string{"base_model_name_or_path", `""`}, pair, []string{"names no base model"}},
		{[]string{"lora_alpha", "0"}, pair, []string{"lora_alpha is 0, so that the pairs have no effect"}},
		{[]string{"target_modules", `["q_proj", "c_attn", "\u001b[31m"]`}, pair,
			[]string{`target_modules names "c_attn", of which there are no tensors`, `target_modules names "\x1b[31m", of which there are no tensors`}},
		{[]string{"target_modules", `".*proj"`}, pair, nil},
		{[]string{"modules_to_save", `["score", "h"]`}, append(pairOf("h.q_proj", 2, 3, 4), ramp("score.weight", 2)),
			[]string{`modules_to_save names "h", of which there are no tensors`}},
		{[]string{"use_new_thing", "true", "use_other_thing", "false"}, pair,
			[]string{`adapter_config.json sets "use_new_thing", which this version does not know and does not carry over`}},
		{[]string{"r", "8"}, pair, []string{"1 modules have another rank than adapter_config.json says; the tensors' own rank is used"}},
		{[]string{"r", "8", "rank_pattern", `{"q_proj": 2}`}, pair, nil},
		{[]string{"rank_pattern", `{"q_proj": 3}`}, pair, []string{"1 modules have another rank than adapter_config.json says; the tensors' own rank is used"}},
		{nil, half, []string{"mixes the dtypes BF16, F32"}},
		{nil, []stored{ramp("h.q_proj.lora_A.weight", 2, 3), ramp("h.q_proj.lora_B.weight", 4, 2)}, []string{`keys carry the prefix "base_model.model." 0 times`}},
	} {
		if a := open(t, configWith(c.fields...), c.tensors...); !slices.Equal(a.Notes, c.want) {
			t.Errorf("%q: got %q", c.fields, a.Notes)
		}
	}
}

func TestNoteOfSymbolicLink(t *testing.T) {
	real := folder(t, configWith(), pairOf("q_proj", 2, 3, 4)...)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(real, link); err != nil {
		t.Skip("no symbolic links here")
	}
	if a := mustOpen(t, link); !slices.Equal(a.Notes, []string{link + " leads through a symbolic link to " + real}) {
		t.Errorf("got %q", a.Notes)
	}
}
