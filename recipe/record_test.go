package recipe

import (
	"testing"
	"time"

	"github.com/loramerge/loramerge/internal/fault"
)

// recordVerb has a parameter of every type that tables of declared entries are made of.
var recordVerb = &Verb{Name: "check", Params: []*Param{
	{Name: "rules", Type: RecordsType{Each: RecordType{What: "a rule", Fields: []*Param{
		{Name: "most", Type: CountType{}, Default: uint64(7)},
		{Name: "word", Type: TextType{What: "a word"}, Required: true},
	}}}},
	{Name: "tools", Type: NamedType{Each: RecordType{What: "a tool", Fields: []*Param{
		{Name: "run", Type: WordsType{}},
		{Name: "env", Type: EnvironmentType{}},
		{Name: "after", Type: DurationType{}},
		{Name: "part", Type: RecordType{What: "a part", Fields: []*Param{{Name: "span", Type: SpanType{What: "the lines"}}}}},
	}}}},
}}

func parseRecords(text string) (*Recipe, error) {
	return Parse("r.yaml", []byte(text), append([]*Verb{recordVerb}, testVerbs...))
}

func TestRecords(t *testing.T) {
	const text = `version: 1
vars: {n: 3, to: 9}
stages:
  a: {load: x}
  s:
    check: a
    rules: {most: "${n}", word: no}
    tools:
      second: {run: [sh, "", 1.50, "{out}"], env: {B: "", A: 1}, after: 1h30m}
      first:  &f {part: {span: "0-${to}"}}
      third:  *f
`
	r, err := parseRecords(text)
	if err != nil {
		t.Fatal(err)
	}
	params := r.Stages[1].Params
	rules := Key[[]*Params]("rules").Of(params)
	if len(rules) != 1 || Key[uint64]("most").Of(rules[0]) != 3 || Key[string]("word").Of(rules[0]) != "no" {
		t.Errorf("rules: %v", rules)
	}
	if at := rules[0].At("most"); at != placeAt(7, 19) {
		t.Errorf("most stands at %v", at)
	}
	tools := Key[[]Named]("tools").Of(params)
	if len(tools) != 3 || tools[0].Name != "second" || tools[1].Position != placeAt(10, 7) {
		t.Fatalf("tools: %v", tools)
	}
	if run := Key[Words]("run").Of(tools[0].Params); len(run) != 4 || run[1] != "" || run[2] != "1.50" || run[3] != "{out}" {
		t.Errorf("the words are %q", run)
	}
	if after := Key[time.Duration]("after").Of(tools[0].Params); after != 90*time.Minute {
		t.Errorf("1h30m is %v", after)
	}
	if span := Key[Span]("span").Of(Key[*Params]("part").Of(tools[2].Params)); span != (Span{0, 9}) {
		t.Errorf("a span of a variable, by an alias: %v", span)
	}
	canonical := string(r.Canonical())
	const want = `  s: {check: a, rules: [{most: 3, word: "no"}], tools: {first: {part: {span: 0-9}}, second: {after: 1h30m0s, env: {A: "1", B: ""}, run: ["sh", "", "1.50", "{out}"]}, third: {part: {span: 0-9}}}}` + "\n"
	if canonical[len(canonical)-len(want):] != want {
		t.Errorf("canonical text\n%s", canonical)
	}
	again, err := parseRecords(canonical)
	if err != nil || string(again.Canonical()) != canonical {
		t.Errorf("the canonical text is not read as it was written: %v", err)
	}
}

func TestRecordMistakes(t *testing.T) {
	const text = `version: 1
stages:
  a: {load: x}
  s: {check: a, rules: [{wrd: x}, {most: 1}, {word: w, word: v}], tools: {t: {run: [x], part: {spam: 0-1}}, default: {}}}
`
	_, err := parseRecords(text)
	want := []string{
		`r.yaml:4:26: a rule has no parameter "wrd"; did you mean "word"?`,
		`r.yaml:4:35: a rule needs "word"; add ` + "`word`: a word",
		`r.yaml:4:56: "word" is a duplicate of the one in line 4; remove one of the two`,
		`r.yaml:4:96: a part has no parameter "spam"; did you mean "span"?`,
		`r.yaml:4:109: "default" has a meaning of its own in tables of numbers; choose another name`,
	}
	got := fault.List(err)
	if len(got) != len(want) {
		t.Fatalf("%v", err)
	}
	for i, e := range got {
		if e.Error() != want[i] {
			t.Errorf("got  %v\nwant %s", e, want[i])
		}
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]string{
		"0-99999999999": `"0-99999999999" is beyond what can be counted`,
		"-1-3":          `"-1-3" is not a range`,
		"[0, 3]":        "a list is not a range",
		"4-3":           `"4-3" ends before it begins`,
	} {
		_, err := parseRecords("version: 1\nstages:\n  a: {load: x}\n  s: {check: a, tools: {t: {part: {span: " + text + "}}}}\n")
		if want := "r.yaml:4:42: " + want + "; write the first and last of the lines, such as 0-199; they count from 0"; err == nil || fault.List(err)[0].Error() != want {
			t.Errorf("%s: %v, not %s", text, err, want)
		}
	}
}
