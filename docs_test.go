package loramerge_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/stages"
)

var (
	snippetForm = regexp.MustCompile("`(\\{[a-z-]+: [^`]*\\})`")
	stageForm   = regexp.MustCompile(`^\{(filter|modules|layers):?`)
)

// TestPagesStages plans every stage that a page shows in a line.
func TestPagesStages(t *testing.T) {
	for page, least := range map[string]int{"docs/coming-from.md": 20, "docs/methods.md": 8} {
		snippets := snippetForm.FindAllSubmatch(readFile(t, page), -1)
		if len(snippets) < least {
			t.Fatalf("%s: only %d stages found", page, len(snippets))
		}
		for _, m := range snippets {
			if snippet := string(m[1]); !stageForm.MatchString(snippet) {
				planText(t, []byte(`version: 1
stages:
  a:       {load: testdata/adapters/python}
  b:       {load: testdata/adapters/sql}
  c:       {load: testdata/adapters/contracts}
  trimmed: {trim: [a, b], density: 0.5}
  deltas:  {delta: [a, b]}
  cores:   {core: [a, b]}
  merged:  {sum: deltas, norm: inputs}
  snippet: `+snippet+`
  out:     {save: a, to: out}
`))
			}
		}
	}
}

// TestMethodsPage: docs/methods.md has a section on every verb that merges.
func TestMethodsPage(t *testing.T) {
	var described []string
	for _, line := range strings.Split(string(readFile(t, "docs/methods.md")), "\n") {
		if heading, ok := strings.CutPrefix(line, "### "); ok {
			described = append(described, strings.Split(heading, ", ")...)
		}
	}
	for _, verb := range stages.Verbs() {
		if verb.Flow == "n → 1" && !slices.Contains(described, verb.Name) {
			t.Errorf("docs/methods.md has no section on %s", verb.Name)
		}
	}
}
