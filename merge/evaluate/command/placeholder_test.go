package command_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/stages"
)

func TestExpand(t *testing.T) {
	values := &command.Values{
		Adapter: "/work/ab12", Rank: 24, MostRank: 40, Tasks: []string{"gsm8k", "arc_easy"},
		Split: "test", Documents: &stages.Documents{First: 0, Last: 199}, Out: "/tmp/out", Samples: "/tmp/samples.json",
	}
	for _, test := range []struct{ format, word, want string }{
		{"json", "eval.py", "eval.py"},
		{"json", "{adapter}", "/work/ab12"},
		{"lm-eval", "pretrained=org/base,peft={adapter},max_lora_rank={max-lora-rank}", "pretrained=org/base,peft=/work/ab12,max_lora_rank=64"},
		{"lm-eval", `{{"pretrained":"org/base","peft":"{adapter}","x":{{"y":1}}}}`, `{"pretrained":"org/base","peft":"/work/ab12","x":{"y":1}}`},
		{"lm-eval", "{tasks}", "gsm8k,arc_easy"},
		{"lm-eval", "{samples}", "/tmp/samples.json"},
		{"json", "{out}/{split}-{rank}-{limit}", "/tmp/out/test-24-200"},
		{"json", "{range}", "0-199"},
		{"inspect", "{range}", "1-200"},   // counts from 1, the end included
		{"promptfoo", "{range}", "0:200"}, // counts from 0, the end excluded
		{"json", "$(rm -rf /); `x` *", "$(rm -rf /); `x` *"},
		{"json", "{{adapter}}", "{adapter}"},
		{"json", "{adapter}}}", "/work/ab12}"},
		{"json", "", ""},
	} {
		c := &stages.Command{Run: []string{test.word}, Format: test.format}
		if got, err := command.Expand(c, values); err != nil || !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s: %q gives %q, %v, want %q", test.format, test.word, got, err, test.want)
		}
	}
	if got, want := string(command.SamplesFile(&command.Values{Tasks: []string{"a"}, Documents: &stages.Documents{First: 8, Last: 11, Chosen: []int{9, 11}}})), `{"a":[9,11]}`+"\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := string(command.SamplesFile(&command.Values{Tasks: []string{"b", "a"}, Documents: &stages.Documents{First: 8, Last: 11}})), `{"a":[8,9,10,11],"b":[8,9,10,11]}`+"\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestMaxLoRARank: what vLLM 0.14 takes for --max-lora-rank is in FORMATS.md.
func TestMaxLoRARank(t *testing.T) {
	c := &stages.Command{Run: []string{"{max-lora-rank}"}}
	for rank, want := range map[int]string{1: "1", 2: "8", 8: "8", 9: "16", 16: "16", 17: "32", 65: "128", 129: "256", 300: "320", 321: "512", 512: "512"} {
		if got, err := command.Expand(c, &command.Values{MostRank: rank}); err != nil || got[0] != want {
			t.Errorf("%d: %q, %v, want %s", rank, got, err, want)
		}
	}
	_, err := command.Expand(c, &command.Values{MostRank: 513})
	if want := "vLLM loads no adapter of rank 513; cut the adapter to a lower rank with `factor`, or leave {max-lora-rank} out"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestCheck(t *testing.T) {
	at := fault.Position{File: "merge.yaml", Line: 7, Column: 5}
	early, late := &stages.Documents{First: 0, Last: 199}, &stages.Documents{First: 200, Last: 499}
	words := func(words ...string) []string { return words }
	for _, test := range []struct {
		format string
		run    []string
		env    string
		splits []*stages.Documents
		want   []string // without the place
	}{
		{format: "json", run: words("eval", "{adapter}")},
		{format: "json", run: words("eval", "{adapter}", "{split}"), splits: []*stages.Documents{early, late}},
		{format: "promptfoo", run: words("promptfoo", "{out}/x.json", "{range}"), env: "{adapter}", splits: []*stages.Documents{nil, late}},
		{format: "lm-eval", run: words("lm_eval", "{adapter}", "{tasks}", "{samples}", "{out}", "{{}}"), splits: []*stages.Documents{early, late}},
		{format: "json", run: words("eval", "{adapter}", "{split}", "{split}"), want: words(
			"{split} says which documents are scored, and there are no splits; add `splits: {select: 0-199, test: 200-499}`, or leave the placeholder out")},
		{format: "json", run: words("eval", "{adaptor}", "{x}"), want: words(
			"there is no placeholder {adaptor}; did you mean {adapter}? Write {{ for a brace",
			`there is no placeholder "{x}"; there are {adapter}, {tasks}, {split}, {samples}, {limit}, {range}, {out}, {rank}, {max-lora-rank}; write {{ for a brace, as in JSON`)},
		{format: "json", run: words("eval", "{adapter"), want: words(`the word "{adapter" opens a brace that it does not close; write {{ for a brace`)},
		{format: "json", run: words("eval", "a}b{adapter}"), want: words(`the word "a}b{adapter}" closes a brace that it has not opened; write }} for a brace`)},
		{format: "json", run: words("eval"), splits: []*stages.Documents{early, late}, want: words(
			"the command does not say what it scores; add {adapter} where the evaluator takes the adapter's folder",
			"the command would score the same documents for every split; add {split}, {range}, {samples} or {limit}, as the evaluator takes them")},
		{format: "inspect", run: words("inspect", "{adapter}"), want: words("the command does not say where its results go; add {out} where the evaluator takes a folder for its results")},
		{format: "json", want: words(
			"the command has no words; write the program and its arguments, as in `run: [python3, eval.py, \"{adapter}\"]`",
			"the command does not say what it scores; add {adapter} where the evaluator takes the adapter's folder")},
		{format: "lm-eval", run: words("lm_eval", "{adapter}", "{out}", "{range}", "{limit}"), splits: []*stages.Documents{early, late}, want: words(
			`evaluators of the format "lm-eval" take no range of documents; write {samples} instead of {range}`,
			"{limit} counts documents from the first on, and one of the splits begins at 200; write {range} or {samples} instead of {limit}, as the evaluator takes it")},
		{format: "inspect", run: words("inspect", "{adapter}", "{out}", "{samples}"), splits: []*stages.Documents{early}, want: words(
			`evaluators of the format "inspect" take no list of documents; write {range} instead of {samples}`)},
		{format: "lm-eval", run: words("lm_eval", "{adapter}", "{out}", "{samples}"), splits: []*stages.Documents{{Last: 1 << 40}}, want: words(
			"{samples} lists each document, and one of the splits has more than 10000000; end the split where the documents end")},
	} {
		c := &stages.Command{Run: test.run, Format: test.format, Env: map[string]string{"X": test.env}}
		var got []string
		for _, err := range fault.List(command.Check(at, c, test.splits...)) {
			text, placed := strings.CutPrefix(err.Error(), "merge.yaml:7:5: ")
			if !placed {
				t.Errorf("%q has another place", err)
			}
			got = append(got, text)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s %q:\n%s\nwant\n%s", test.format, test.run, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
}

// TestCheckChosen: only a command with {samples} can score some documents of a split.
func TestCheckChosen(t *testing.T) {
	at := fault.Position{File: "merge.yaml", Line: 7, Column: 5}
	for _, test := range []struct{ format, word, env, want string }{
		{"json", "{samples}", "", ""},
		{"lm-eval", "x", "{samples}", ""},
		{"json", "{samples}", "{split}", ""},
		{"json", "{split}", "", "the command does not say which documents of a split are scored, and with `halving` a trial is scored on some of them; write {samples}, a file that lists them, in the command, or leave `halving` out"},
		{"json", "{range}", "", "the command does not say which documents of a split are scored, and with `halving` a trial is scored on some of them; write {samples}, a file that lists them, in the command, or leave `halving` out"},
		{"json", "{range}", "{samples}", "{range} and {limit} name all documents of a split, and with `halving` a trial is scored on some of them; leave them out beside {samples}, or leave `halving` out"},
		{"json", "{samples}", "{limit}", "{range} and {limit} name all documents of a split, and with `halving` a trial is scored on some of them; leave them out beside {samples}, or leave `halving` out"},
		{"inspect", "{range}", "", "evaluators of the format \"inspect\" take no list of documents, and with `halving` a trial is scored on some of them; leave `halving` out"},
	} {
		got := ""
		if err := command.CheckChosen(at, &stages.Command{Format: test.format, Run: []string{"eval", test.word}, Env: map[string]string{"X": test.env}}); err != nil {
			got = strings.TrimPrefix(err.Error(), "merge.yaml:7:5: ")
		}
		if got != test.want {
			t.Errorf("%s %s %s: %q, want %q", test.format, test.word, test.env, got, test.want)
		}
	}
}

// TestLine: what is shown can be typed.
func TestLine(t *testing.T) {
	got := command.Line([]string{"lm_eval", "a=b,c", "", "it's", "{x}"})
	if want := `lm_eval a=b,c '' 'it'\''s' '{x}'`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
