package recipe

import (
	"math"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestWholeFile(t *testing.T) {
	r := mustParse(t, "version: 1\nname: demo\nseed: 42\nbase: org/model\nstages:\n  a: {load: x}\n")
	if r.File != "r.yaml" || r.Name != "demo" || r.Seed != 42 || r.Base != "org/model" || len(r.Stages) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestSeeds(t *testing.T) {
	for source, want := range map[string]uint64{"0": 0, "7": 7, "18446744073709551615": math.MaxUint64} {
		if got := mustParse(t, "version: 1\nseed: "+source+"\nstages: {a: {load: x}}\n").Seed; got != want {
			t.Errorf("seed %s: got %d", source, got)
		}
	}
	for _, source := range []string{"18446744073709551616", "-1", "1.0", "1e3", "0x10", "1_000", "'5'", "[1]", "", "many"} {
		expectMistakes(t, "version: 1\nseed: "+source+"\nstages: {a: {load: x}}\n", "2:")
	}
}

func TestFileMistakes(t *testing.T) {
	for _, c := range []struct {
		source string
		want   []string
	}{
		{"", []string{"1:1: the recipe is empty; a recipe begins like this"}},
		{"# nothing\n", []string{"1:1: the recipe is empty"}},
		{"---\n", []string{"2:1: nothing is not a table"}},
		{"[version, 1]\n", []string{"1:1: a list is not a table"}},
		{"version: 1\n", []string{`1:1: the recipe has no "stages"`}},
		{"stages: {a: {load: x}}\n", []string{`1:1: the recipe has no "version"`}},
		{"version: 2\nstages: {a: {load: x}}\n", []string{`1:10: "2" is not a version of the recipe language`}},
		{"version: {}\nstages: {a: {load: x}}\n", []string{"1:10: a table is not a version"}},
		{"version: 1\nstages: {}\n", []string{"2:9: the recipe has no stages"}},
		{"version: 1\nstages:\n", []string{"2:8: nothing is not a table"}},
		{"version: 1\nstages: {a: {load: x}}\nsede: 1\n", []string{`3:1: a recipe has no "sede"; did you mean "seed"?`}},
		{"version: 1\nstages: {a: {load: x}}\nqqqqqqqq: 1\n", []string{`3:1: a recipe has no "qqqqqqqq"; known are: version, name, seed, base, vars, stages`}},
		{"version: 1\nname: a\nname: b\nstages: {a: {load: x}}\n", []string{`3:1: "name" is a duplicate of the one in line 2`}},
		{"version: 1\nname: [a]\nbase: ''\nstages: {a: {load: x}}\n", []string{"2:7: a list is not a name; write a name", `3:7: the text "" is not the base model's name`}},
		{"version: 1\nstages: {a: {load: x}}\n? [k]\n: 1\n", []string{"3:3: a name can't be a list; write a plain name before the colon"}},
		{"version: 1\nstages: {a: {load: x}}\n---\nversion: 1\n", []string{"3:1: a second document begins here; put each recipe"}},
	} {
		expectMistakes(t, c.source, c.want...)
	}
}

func TestEncodings(t *testing.T) {
	const source = "version: 1\nstages:\n  a: {load: x, dnsity: 1}\n"
	const want = `3:16: load has no parameter "dnsity"`
	expectMistakes(t, source, want)
	expectMistakes(t, strings.ReplaceAll(source, "\n", "\r\n"), want)
	expectMistakes(t, "\ufeff"+source, want)
	expectMistakes(t, utf16Text(source), "1:1: the recipe is not UTF-8 text; save it as UTF-8")
	expectMistakes(t, "version: 1\nstages:\n\ta: {load: x}\n", "3:1: this is not YAML: found character that cannot start any token")
	expectMistakes(t, "version: 1\nname: \"\x01\"\n", "1:1: this is not YAML: control characters are not allowed")
}

// utf16Text is what some Windows editors call Unicode: UTF-16, little endian, with a mark.
func utf16Text(text string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return string(out)
}

func TestSizeLimit(t *testing.T) {
	const source = "version: 1\nstages: {a: {load: x}}\n#"
	mustParse(t, source+strings.Repeat("x", SizeLimit-len(source)))
	expectMistakes(t, source+strings.Repeat("x", SizeLimit-len(source)+1), "1:1: the recipe is larger than 1048576 bytes; split it, or generate fewer stages")
}

// The lines of yaml's messages are checked against the files by eye: a bracket that is
// not closed is reported where it was opened, all else where it stands or its block begins.
func TestSyntax(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"version: 1\nstages: {a: {load: x}\n", "2:1: this is not YAML: did not find expected ',' or '}'"},
		{"version: 1\nstages:\n  a: {load: x\n  b: {load: y}\n", "3:1: this is not YAML: did not find expected ',' or '}'"},
		{"version: 1\nstages:\n  a: }\n", "3:1: this is not YAML: did not find expected node content"},
		{"version: 1\nfoo\n", "2:1: this is not YAML: could not find expected ':'"},
		{"version: 1\na: b: c\n", "2:1: this is not YAML: mapping values are not allowed"},
		{"a: b: c\n", "1:1: this is not YAML: mapping values are not allowed"},
		{"version: 1\nname: \"\\q\"\n", "2:1: this is not YAML: found unknown escape character"},
		{"version: 1\nname: !<\n", "2:1: this is not YAML: did not find expected tag URI"},
		{"version: 1\nstages:\n  a: {load: x}\n  b: {load: *path}\n", "4:13: no value is marked &path; mark the intended value with &path"},
	} {
		expectMistakes(t, c.source, c.want)
	}
}
