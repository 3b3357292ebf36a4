package merge_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// several are adapters that differ from a in one way each.
func several() map[string]folder {
	all := map[string]folder{"a": plain(4, 8, safetensors.F32), "b": plain(4, 8, safetensors.F32),
		"alpha": plain(4, 16, safetensors.F32), "rank": plain(2, 4, safetensors.F32), "other": plain(4, 8, safetensors.F32), "less": plain(4, 8, safetensors.F32), "wide": plain(4, 8, safetensors.F32)}
	all["other"].config["base_model_name_or_path"] = "large"
	less, wide := all["less"], all["wide"]
	less.tensors = less.tensors[2:]
	all["less"] = less
	wide.tensors = append(pair("model.layers.0.q_proj", safetensors.F32, 24, 17, 4), wide.tensors[2:]...)
	all["wide"] = wide
	return all
}

// TestRules: what the planner refuses, where it stands, and what to do about it. The
// adapters take the lines 3 to 9.
func TestRules(t *testing.T) {
	const save = "o: {save: m, to: out}"
	for _, c := range []struct {
		name         string
		lines        []string
		line, column int
		text, remedy string
	}{
		{"unknown key", []string{"m: {trim: a, density: 1, scop: tensor}", save}, 10, 28, `no parameter "scop"`, `did you mean "scope"?`},
		{"unknown verb", []string{"m: {trimm: a, density: 0.5}", save}, 10, 7, `no verb "trimm"`, `did you mean "trim"?`},
		{"cycle", []string{"m: {scale: n}", "n: {scale: m}", save}, 10, 3, "form a cycle", "from elsewhere"},
		{"missing input", []string{"m: {scale: aa}", save}, 10, 14, `no stage "aa"`, `did you mean "a"?`},
		{"missing adapter", []string{"m: {average: [a.b, b]}", save}, 10, 17, `no adapter "b" flows out of stage a`, "a"},
		{"moved", []string{"x: {load: a, rename: {model.: text.}}", "m: {sum: [x, b], }", save}, 11, 3, `"x" and "b" have no module in common: the names differ only by their beginning, text. / model.`, "`rename: {text.: model.}`"},
		{"spaces", []string{"d: {delta: a}", "m: {sum: [d, b]}", save}, 11, 16, "in the space factors, the inputs before it in delta", "`delta` or `factor`"},
		{"twice", []string{"m: {sum: [a, b, a]}", save}, 10, 19, `two inputs are called "a"`, "under another name"},
		{"bases", []string{"m: {sum: [a, other]}", save}, 10, 3, "different base models", "`base: tiny`"},
		{"scale", []string{"m: {sum: [a, alpha]}", save}, 10, 3, "scale", "`m_folded: {scale: [a, alpha], alpha: fold}`"},
		{"rank", []string{"m: {sum: [a, rank]}", save}, 10, 3, "rank", "`m_padded: {rank: [a, rank], to: 4}`"},
		{"modules", []string{"m: {sum: [a, less]}", save}, 10, 3, `"less" lacks 1 module that`, "`missing: zero`"},
		{"shapes", []string{"m: {sum: [a, wide]}", save}, 10, 3, "[out 24, in 16] in \"a\" and linear [out 24, in 17] in \"wide\"", "`select`"},
		{"range", []string{"m: {trim: a, density: -0.1}", save}, 10, 25, "out of range", "≥ 0 and ≤ 1"},
		{"save of many", []string{"m: {trim: [a, b], density: 1}", save}, 11, 13, "one adapter, and 2 flow in", "stage.adapter"},
		{"save of a delta", []string{"m: {delta: a}", save}, 11, 13, "a delta flows in", "`factor`"},
		{"two saves", []string{"m: {scale: a}", save, "p: {save: m, to: ./out}"}, 12, 20, `stage "o" saves to`, "folder of its own"},
		{"save in a save", []string{"m: {scale: a}", save, "p: {save: m, to: out/in}"}, 12, 20, `stage "o" saves to`, "folder of its own"},
		{"no save", []string{"m: {scale: a}"}, 10, 3, "no stage saves", "`out: {save: m, to: out/m}`"},
		{"not an adapter", []string{"m: {load: nowhere}", save}, 10, 13, "there is no folder", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := onlyFault(t, work(t, several(), c.lines...))
			if m.Line != c.line || m.Column != c.column || !strings.Contains(m.Text, c.text) || !strings.Contains(m.Remedy, c.remedy) {
				t.Errorf("%v\nwant %d:%d, %q and the remedy %q", m, c.line, c.column, c.text, c.remedy)
			}
		})
	}
}

// onlyFault wants a plan to be refused for one thing.
func onlyFault(t *testing.T, path string) *fault.Fault {
	t.Helper()
	p, err := plan.Load(path, plan.Options{})
	if err == nil {
		p.Close()
		t.Fatal("accepted")
	}
	all := fault.List(err)
	m, ok := all[0].(*fault.Fault)
	if !ok || len(all) != 1 {
		t.Fatalf("%d errors: %v", len(all), err)
	}
	return m
}

// TestRemedies: each remedy, pasted in, works.
func TestRemedies(t *testing.T) {
	for name, lines := range map[string][]string{
		"fold":    {"m_folded: {scale: [a, alpha], alpha: fold}", "m: {sum: m_folded}"},
		"pad":     {"m_padded: {rank: [a, rank], to: 4}", "m: {sum: m_padded}"},
		"delta":   {"d: {delta: [a, alpha, rank]}", "s: {sum: d}", "m: {factor: s, rank: 4}"},
		"zero":    {"m: {sum: [a, less], missing: zero}"},
		"select":  {`s: {select: [a, wide], exclude: "layers.0.q_proj"}`, "m: {sum: s}"},
		"pick":    {"t: {trim: [a, b], density: 1}", "m: {scale: t.a}"},
		"twofold": {"f: {scale: [a, alpha, rank], alpha: fold}", "p: {rank: f, to: 4}", "m: {sum: p}"},
	} {
		t.Run(name, func(t *testing.T) {
			recipe := work(t, several(), append(lines, "o: {save: m, to: out}")...)
			runRecipe(t, recipe)
			saved(t, recipe)
		})
	}
}

// TestAllAtOnce: six mistakes of six kinds are six errors, in the order of the file.
func TestAllAtOnce(t *testing.T) {
	path := work(t, several(),
		"m: {trim: a, densty: 0.5}", "n: {sum: [a, alpha]}", "o: {sum: [a, nobody]}",
		"p: {dare-drop: a}", "q: {save: [a, b], to: out}", "r: {load: nowhere}")
	p, err := plan.Load(path, plan.Options{})
	if err == nil {
		p.Close()
		t.Fatal("accepted")
	}
	lines := make(map[int]bool)
	last := 0
	for _, e := range fault.List(err) {
		m, ok := e.(*fault.Fault)
		if !ok || m.File != path || m.Line < last || m.Column < 1 {
			t.Errorf("%T %v after line %d", e, e, last)
			continue
		}
		lines[m.Line], last = true, m.Line
	}
	for line := 10; line <= 15; line++ {
		if !lines[line] {
			t.Errorf("nothing is said of line %d: %v", line, err)
		}
	}
}

// TestStranger: a folder that loramerge did not make is replaced only by force, and
// what it made itself without.
func TestStranger(t *testing.T) {
	path := work(t, alike(), "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: out}")
	target := filepath.Join(filepath.Dir(path), "out")
	plain(4, 8, safetensors.F32).write(t, target)
	if m := onlyFault(t, path); m.Line != 7 || m.Column != 20 || !strings.Contains(m.Remedy, "--force") {
		t.Errorf("%v", m)
	}
	p, err := plan.Load(path, plan.Options{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := run.Run(t.Context(), p, run.Options{}); err != nil {
		t.Fatal(err)
	}
	runRecipe(t, path) // without force, since it is ours now
}

// TestSaveOverInput: not even force replaces a folder that is read.
func TestSaveOverInput(t *testing.T) {
	path := work(t, alike(), "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: b}")
	_, err := plan.Load(path, plan.Options{Force: true})
	if err == nil || !strings.Contains(err.Error(), ":7:20: this would replace") || !strings.Contains(err.Error(), `stage "b" reads`) {
		t.Errorf("saved over its own input: %v", err)
	}
}
