package stages_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/golden"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// TestDeclaredDefaults: a parameter at its default is no part of a result's name, so a
// verb whose default changes needs another version: without it what the cache holds of the
// old default would be taken for the new one's. A new parameter needs none, if its default
// is what was done before. -update does not help against the first.
func TestDeclaredDefaults(t *testing.T) {
	const file = "testdata/defaults.golden"
	now := make(map[string]string)
	for _, verb := range stages.Verbs() {
		kind, _ := stages.Find(verb.Name)
		if kind.Bind == nil {
			continue // a shorthand's parameters are named after it is expanded
		}
		texts := recipe.NewParams(verb, recipe.Position{}).Texts()
		for _, p := range verb.Params {
			if !p.IsInput() && !p.NotInDigest {
				now[fmt.Sprintf("%s %d %s", verb.Name, kind.Version, p.Name)] = texts[p.Name]
			}
		}
	}
	before, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(before)) {
		key, was, _ := strings.Cut(strings.TrimSpace(line), " = ")
		if is, ok := now[key]; ok && is != was {
			t.Errorf("the default of %q (verb, version, parameter) was %s and is %s: raise the verb's version", key, was, is)
		}
	}
	if t.Failed() {
		return
	}
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(now)) {
		fmt.Fprintf(&text, "%s = %s\n", key, now[key])
	}
	golden.Compare(t, file, []byte(text.String()))
}
