package loramerge_test

import (
	"regexp"
	"testing"
)

var (
	snippetForm = regexp.MustCompile("`(\\{[a-z-]+: [^`]*\\})`")
	stageForm   = regexp.MustCompile(`^\{(filter|modules|layers):?`)
)

// TestComingFrom plans every stage that docs/coming-from.md gives as an equivalent.
func TestComingFrom(t *testing.T) {
	snippets := snippetForm.FindAllSubmatch(readFile(t, "docs/coming-from.md"), -1)
	if len(snippets) < 20 {
		t.Fatalf("only %d stages found", len(snippets))
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
  snippet: `+snippet+`
  out:     {save: a, to: out}
`))
		}
	}
}
