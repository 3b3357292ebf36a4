package recipe

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestRewriteOfForms: whatever forms people write variables, a sweep and a stage in, these can be
// rewritten, and the comments of all that stays are there afterwards.
func TestRewriteOfForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(what string, forms ...string) string { return rapid.SampledFrom(forms).Draw(t, what) }
		inFlow := rapid.Bool().Draw(t, "vars in flow")
		values := make(map[string]string)
		var vars []string
		for i := range rapid.IntRange(1, 4).Draw(t, "vars") {
			name := fmt.Sprintf("v%d", i)
			values[name] = pick("new", "0.25", "by-ties", "a b", "#x", "'", `"`, "[1", "ü", "yes", "~", "-", "1e-05", `\`)
			form := pick("old", "1", "by-sum", "'it''s'", `"a\"b"`, "&x 1", "", "!!str 2", "a b # c")
			if !inFlow {
				form = pick("old in lines", form, "|\n    a\n     b\n\n    c", ">-\n    a\n    b", "one\n    two\n\n    three", "'a\n\n    b'", "\"a\\\n    b\"")
			}
			if inFlow && strings.Contains(form, "#") {
				form += "\n "
			}
			vars = append(vars, pick("key", name, `"`+name+`"`, "'"+name+"'")+": "+form)
		}
		parts := []string{"version: 1 # kept 1\n"}
		if inFlow {
			parts = append(parts, "vars: {"+strings.Join(vars, pick("between", ", ", ",\n  ", " , # kept 0\n "))+"} # kept 2\n")
		} else {
			parts = append(parts, "vars:\n  # kept 2\n  "+strings.Join(vars, "\n  ")+"\n")
		}
		gone := pick("stage", "gone: {load: y, sha256: {y: \"}\"}}", "gone:\n    load: y # with\n    # it\n\n    # goes", "gone: {\n    load: y # goes\n  }", "\"gone\": &g\n    load:\n      - |\n       x\n      - y")
		stages := []string{"a: {load: x} # kept 3", "# kept 4\n\n  # goes\n  " + gone, "# kept 5\n  b: {load: z}"}
		if rapid.Bool().Draw(t, "last") {
			stages[1], stages[2] = stages[2], stages[1]
		}
		parts = append(parts, "stages:\n  "+strings.Join(stages, "\n  ")+"\n")
		parts = append(parts, pick("sweep", "\n# goes\nsweep: {axes: {a: [1, \"#\"]}, goal: {task: x}} # goes\n", "\nsweep:\n  axes: # goes\n    a: [1,\n      2]\n  # goes\n  goal:\n  - task: x\n", "'sweep': |\n  goes\n"))
		parts = rapid.Permutation(parts).Draw(t, "order")
		source := "# kept 6\n\n" + strings.Join(parts, "") + "\n# kept 7\n"
		if rapid.Bool().Draw(t, "crlf") {
			source = strings.ReplaceAll(source, "\n", "\r\n")
		}
		got, err := Rewrite([]byte(source), values, []string{"gone"})
		if err != nil {
			t.Fatalf("%v\n%s", err, source)
		}
		if strings.Contains(string(got), "goes") || strings.Count(string(got), "kept") != strings.Count(source, "kept") {
			t.Errorf("%s\nis rewritten as\n%s", source, got)
		}
		var root rewriter
		if err := root.read(got); err != nil {
			t.Fatal(err)
		}
		read, _ := variablesType{}.read(&root.reader, resolve(root.root.Content[indexOf(root.root, wordVars)+1]))
		for _, v := range read.([]Variable) {
			if v.Value != values[v.Name] || v.missing {
				t.Errorf("%s is %q, not %q, in\n%s", v.Name, v.Value, values[v.Name], got)
			}
		}
	})
}
