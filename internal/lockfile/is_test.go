package lockfile

import "testing"

func TestIs(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"a lock":              {"# Made by loramerge.\nlock: 1\nplan: sha256:0\ninputs: {}\noutputs: {}\n", true},
		"a newer one":         {"lock: 12\nsomething: else\n", true},
		"with CRLF":           {"# x\r\nlock: 1\r\ninputs: {}\r\n", true},
		"keys sorted":         {"inputs: {}\nlock: 1\nplan: x\n", true},
		"keys in quotes":      {"\"lock\": 1\n", true},
		"in a conflict":       {"lock: 1\n<<<<<<< ours\nplan: a\n=======\nplan: b\n>>>>>>> theirs\n", true},
		"cut short":           {"lock: 1\ninputs:\n  a", true},
		"a recipe":            {"version: 1\nstages:\n  a: {load: a}\n", false},
		"of a stage lock":     {"version: 1\nstages:\n  lock: {load: a}\n", false},
		"with a key too many": {"version: 1\nlock: 1\nstages:\n  a: {load: a}\n", false},
		"of npm":              {"lockfileVersion: '9.0'\npackages: {}\n", false},
		"of pre-commit":       {"- id: lock\n", false},
		"a word":              {"lock: yes\n", false},
		"empty":               {"", false},
	} {
		if got := Is([]byte(c.text)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if OfRecipe([]byte(c.text)) && c.want {
			t.Errorf("%s: both a lock and a recipe", name)
		}
	}
}
