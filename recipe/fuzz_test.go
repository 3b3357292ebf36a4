package recipe

import (
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
)

var fuzzSeeds = []string{
	"version: 1\nname: demo\nseed: 42\nbase: org/model\nstages:\n  a: {load: x}\n  b: {trim: a, density: 0.5}\n  c: {save: b, to: out}\n",
	"version: 1\nstages:\n  a: {load: {p: x, q: y}, sha256: {p: 00}}\n  b: {average: [a.p, a.q], weights: {p: 1, default: {layers: [0, 1]}}}\n",
	"version: 1\nstages:\n  a: &a {trim: [*b, &b c], density: {modules: {\"*.q\": 1}, default: 2}}\n  b: *a\n",
	"version: 1\nvars: {d: 0.5, o: &o out, n: }\nstages:\n  a: {load: \"${o}/$${d}\"}\n  b: {trim: a, density: \"${d}\"}\n  c: {save: b, to: *o}\n",
	"a: &a [*a]\n", "---\n...\n---\n", "? [a]\n: {<<: *x}\n", "\ufeffa: \"\\q\"\r\n", "%YAML 1.1\n--- !!map\n? ? ? a", "a\u2028b: c\u0085d: |\n e\n",
	"version: 1\nstages: {s: {slerp: [a, b], t: [0, {layers: []}]}, r: {rescale: s, like: z.z}, f: {rank: 6, factor: f}}\n",
	"version: 1\nvars: {n: 3}\nstages:\n  s: {check: a, rules: [{most: \"${n}\", word: no}], tools: {t: &t {run: [sh, \"\"], env: {A: 1}, after: 1h30m, part: {span: 0-9}}, u: *t}}\n  a: {load: x}\n",
	"version: 1\nvars: {m: a, d: 1, r: 8}\nstages:\n  a: {load: \"${m}${d}${r}\"}\nsweep:\n  axes: {m: &l [a, b], d: {min: 0.1, max: 1, scale: log, when: {m: b}}, r: {min: 8, max: 64, step: 8}}\n  max-trials: 9\n  halving: {min-samples: 5}\n  goal: [{recovered: worst}, {task: t}]\n",
	"version: 1\nvars: {m: a, n: b}\nstages: {a: {load: \"${m}${n}\"}}\nsweep: {axes: {m: {values: [x], when: {n: y}}, n: {values: [y], when: {m: x}}}, search: grid, goal: {task: t}}\n",
	"version: 1\nvars: {v: 1}\nstages:\n  a: {load: {recipe: o.yaml, stage: b.c, set: {d: \"${v}\", e: x}}}\n  b: {load: {recipe: o, stage: b}}\n",
}

// FuzzParse holds Parse to its word: no panic, an answer in time for what aliases repeat
// too, and every mistake at a place within the file.
func FuzzParse(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		if len(source) > 64<<10 {
			t.Skip()
		}
		r, err := parseRecords(string(source))
		for _, e := range fault.List(err) {
			m, ok := e.(*fault.Fault)
			if !ok {
				t.Fatalf("%T: %v", e, e)
			}
			checkPlace(t, m.Position, string(source))
			if strings.ContainsFunc(m.Error(), func(r rune) bool { return r < ' ' }) {
				t.Errorf("control characters in %q", m.Error())
			}
		}
		if err == nil {
			checkWhole(t, r)
		}
	})
}

// lineBreaks are YAML 1.1's: of these, yaml counts lines.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

func checkPlace(t *testing.T, at Position, source string) {
	lines := strings.Split(lineBreaks.Replace(source), "\n")
	if at.File != "r.yaml" || at.Line < 1 || at.Line > len(lines)+1 {
		t.Fatalf("%v is not in a file of %d lines", at, len(lines))
	}
	if at.Line <= len(lines) && (at.Column < 1 || at.Column > len([]rune(lines[at.Line-1]))+1) {
		t.Fatalf("%v is not in line %q", at, lines[at.Line-1])
	}
}

// checkWhole asks a recipe without mistakes for all that it must have; its canonical
// text is a recipe of the same meaning.
func checkWhole(t *testing.T, r *Recipe) {
	if len(r.Stages) == 0 {
		t.Error("no stages")
	}
	again, err := parseRecords(string(r.Canonical()))
	if err != nil || string(again.Canonical()) != string(r.Canonical()) {
		t.Fatalf("%s\nis read as\n%s\n%v", r.Canonical(), again.Canonical(), err)
	}
	for _, s := range r.Stages {
		if s.Verb == nil || s.Params == nil || len(s.Inputs)+len(s.Sources) == 0 && s.Reuse == nil {
			t.Fatalf("stage %q is not whole", s.Name)
		}
		for _, p := range s.Verb.Params {
			if n, ok := s.Params.Value(p.Name).(*Number); ok && n != nil {
				n.Check([]string{"p", "q"}, allSites, allSites)
			}
		}
	}
}
