package recipetext

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// Whatever a text is, YAML reads it back as that text, alone on its line and in a list.
func TestScalar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"null", "Null", "~", "", "- a", "a: b", "#", "a\nb", `D:\models`, "'", `"`, "*a", "&a", "!a", "%a", "a, b]"})).Draw(t, "text")
		var got struct {
			One  string
			List []string
		}
		source := fmt.Sprintf("one: %s\nlist: [%[1]s, %[1]s]\n", Scalar(text))
		if err := yaml.Unmarshal([]byte(source), &got); err != nil {
			t.Fatalf("%v in %s", err, source)
		}
		want := strings.ReplaceAll(text, "${", "$${")
		if got.One != want || !slices.Equal(got.List, []string{want, want}) {
			t.Fatalf("%q was read back as %q and %q from %s", text, got.One, got.List, source)
		}
	})
}

func TestName(t *testing.T) {
	taken := map[string]bool{"layers": true}
	for _, c := range []struct{ path, want string }{
		{"adapters/python-coder", "python-coder"},
		{"adapters/python-coder/", "python-coder-2"},
		{`D:\models\sql generator`, "sql-generator"},
		{"layers", "layers-2"},
		{"2024", "adapter-2024"},
		{"...", "adapter"},
		{"", "adapter-2"},
		{strings.Repeat("x", 200), strings.Repeat("x", 60)},
	} {
		if got := Name(c.path, taken); got != c.want {
			t.Errorf("%q: got %q, want %q", c.path, got, c.want)
		}
	}
}

// The form is that of names in a recipe, as package recipe has it.
func TestNamesAreNames(t *testing.T) {
	form := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,99}$`)
	rapid.Check(t, func(t *rapid.T) {
		taken := make(map[string]bool)
		for range 3 {
			if name := Name(rapid.String().Draw(t, "path"), taken); !form.MatchString(name) {
				t.Fatalf("%q is no name", name)
			}
		}
	})
}
