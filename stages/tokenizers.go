package stages

import (
	"fmt"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
)

// tokenClash is a token whose row was trained, and which means another token elsewhere.
type tokenClash struct {
	adapter.Token
	paths, means [2]string
	both         bool // both adapters have a row of it
}

// tokenClashes compares what the tokenizers next to the adapters say of the rows that flow in.
func tokenClashes(in Type) []tokenClash {
	ids := make([]map[string]bool, len(in.Sources))
	tokens := make([]map[int]string, len(in.Sources))
	var all []adapter.Token
	for _, name := range in.Union() {
		if token, row := adapter.TokenOf(name); row {
			all = append(all, token)
		}
	}
	if len(all) == 0 {
		return nil
	}
	for i, source := range in.Sources {
		tokens[i], ids[i] = source.AddedTokens(), make(map[string]bool)
		for at := range source.Modules {
			ids[i][source.Modules[at].Name] = true
		}
	}
	var clashes []tokenClash
	for _, token := range all {
		for i, x := range in.Sources {
			for j, y := range in.Sources {
				mine, other := tokens[i][token.ID], tokens[j][token.ID]
				if both := ids[j][token.Name()]; i != j && ids[i][token.Name()] && mine != "" && other != "" && mine != other && (i < j || !both) {
					clashes = append(clashes, tokenClash{token, [2]string{x.Path, y.Path}, [2]string{mine, other}, both})
				}
			}
		}
	}
	return clashes
}

func (c tokenClash) String() string {
	return fmt.Sprintf("token %d of %q is %q by the tokenizer in %s and %q by the one in %s", c.ID, c.Layer, c.means[0], c.paths[0], c.means[1], c.paths[1])
}

// checkMeanings refuses rows of one id that were trained for different tokens.
func (s Spec) checkMeanings(in Type) error {
	var left []string
	text := ""
	for _, c := range tokenClashes(in) {
		if c.both {
			if len(left) == 0 {
				text = c.String()
			}
			left = append(left, c.Name())
		}
	}
	if text == "" {
		return nil
	}
	without := s.written().Name + "_alike"
	return fault.At(s.Position, "%s, and both adapters have a row of it", text).
		Mend(fmt.Sprintf("leave it out: add the stage `%s: {select: %s, exclude: [%s]}` and use %s here", without, s.inputsText(), excluding(in, left), without)).See("token-rows")
}

// OtherMeaning says which row would change another adapter's token; empty where none does.
func OtherMeaning(in Type) string {
	for _, c := range tokenClashes(in) {
		if !c.both {
			return c.String()
		}
	}
	return ""
}
