package command_test

import (
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/stages"
)

// FuzzExpand: a word that Check has passed can be expanded, one without braces stays as it is, and so does any text
// whose braces are doubled.
func FuzzExpand(f *testing.F) {
	for _, word := range []string{"", "{adapter}", "{{}}", `{{"a":"{adapter}"}}`, "{", "}", "{{{", "}}}{out}", "{adapter", "{x}", "é{out}\x00\xff"} {
		f.Add(word)
	}
	braces := strings.NewReplacer("{", "{{", "}", "}}")
	f.Fuzz(func(t *testing.T, word string) {
		c := &stages.Command{Run: []string{"eval", "{adapter}", "{split}", word, braces.Replace(word)}, Format: "json"}
		if err := command.Check(fault.Position{}, c, &stages.Documents{Last: 9}); err != nil {
			return
		}
		got, err := command.Expand(c, &command.Values{Adapter: "a", MostRank: 8, Documents: &stages.Documents{Last: 9}})
		if err != nil {
			t.Fatal(err)
		}
		if got[4] != word {
			t.Errorf("%q with doubled braces gives %q", word, got[4])
		}
		if !strings.ContainsAny(word, "{}") && got[3] != word {
			t.Errorf("%q gives %q", word, got[3])
		}
	})
}
