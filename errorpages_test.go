package loramerge_test

import (
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var headingForm = regexp.MustCompile(`(?m)^## (.*)$`)

// TestErrorPages: every section of docs/errors.md that an error names is there, and no
// section is there that none names.
func TestErrorPages(t *testing.T) {
	sections := make(map[string]bool)
	for _, m := range headingForm.FindAllStringSubmatch(string(readFile(t, "docs/errors.md")), -1) {
		sections[strings.ReplaceAll(strings.ToLower(m[1]), " ", "-")] = true
	}
	named := make(map[string]bool)
	for _, file := range sources(t) {
		for _, page := range file.pages() {
			if named[page] = true; !sections[page] {
				t.Errorf("%s names the page %q, which docs/errors.md does not have", file.path, page)
			}
		}
	}
	for _, section := range slices.Sorted(maps.Keys(sections)) {
		if !named[section] {
			t.Errorf("no error names the page %q", section)
		}
	}
}

// pages are what the errors of a file lead to.
func (f *source) pages() []string {
	var out []string
	add := func(page string) {
		if page != "" && page != anything {
			out = append(out, page)
		}
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if method, ok := n.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "See" {
				add(literal(n.Args[0]))
			}
		case *ast.KeyValueExpr:
			if field, ok := n.Key.(*ast.Ident); ok && field.Name == "Page" {
				add(literal(n.Value))
			}
		}
		return true
	})
	return out
}

var yamlFence = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")

// TestErrorPageStages plans the stages that docs/errors.md shows.
func TestErrorPageStages(t *testing.T) {
	for _, m := range yamlFence.FindAllStringSubmatch(string(readFile(t, "docs/errors.md")), -1) {
		indented := strings.ReplaceAll("\n"+strings.TrimRight(m[1], "\n"), "\n", "\n  ")
		planText(t, []byte("version: 1\nstages:\n  python: {load: testdata/adapters/python}\n  sql:    {load: testdata/adapters/sql}"+
			indented+"\n  out:    {save: python, to: out}\n"))
	}
}
