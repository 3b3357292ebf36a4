package stages_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// documented is what a parameter's declaration says for a stage with some `like` and
// `space`: the variant that names both, else the one that names one of them, that of the
// space first, else the default. A space that is left out is factors.
func documented(p *recipe.Param, like, space string) recipe.Variant {
	if space == "" {
		space = "factors"
	}
	out := recipe.Variant{Taken: true, Default: p.Default}
	for _, beside := range []string{"like: " + like, "space: " + space, "like: " + like + ", space: " + space} {
		for _, v := range p.Variants {
			if v.Beside == beside {
				out = v
			}
		}
	}
	return out
}

// written is a default as a recipe has it; empty if there is none.
func written(value any) string {
	if n, ok := value.(*recipe.Number); ok {
		x, _ := n.Everywhere()
		value = x
	}
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// anyValue is something that the parameter may be.
func anyValue(t *testing.T, p *recipe.Param) string {
	switch of := p.Type.(type) {
	case recipe.ChoiceType:
		return of[0]
	case recipe.NumberType, recipe.CountType, recipe.NumbersType:
		return "1"
	}
	t.Fatalf("no value for %s", p.Name)
	return ""
}

// stepsOf writes what a stage stands for, defaults included.
func stepsOf(t *testing.T, verb, rest string) (string, error) {
	t.Helper()
	text := "version: 1\nstages:\n  a: {load: a}\n  b: {load: b}\n  m: {" + verb + ": [a, b]" + rest + "}\n"
	parsed, err := recipe.Parse("recipe.yaml", []byte(text), stages.Verbs())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	steps, err := stages.Expand(parsed.Stages[2])
	var out []string
	for _, s := range steps {
		out = append(out, fmt.Sprint(s.Name, s.Verb.Name, s.Inputs, s.Params.Texts()))
	}
	return strings.Join(out, "\n"), err
}

func choices(kind *stages.Kind, name string) []string {
	out := []string{""}
	for _, p := range kind.Params {
		if choice, ok := p.Type.(recipe.ChoiceType); ok && p.Name == name {
			out = append(out, choice...)
		}
	}
	return out
}

// TestDocumentedDefaults: to write down what is documented for a parameter changes nothing,
// for every verb, `like` and `space`; what is documented as having no effect is refused.
func TestDocumentedDefaults(t *testing.T) {
	for _, kind := range stages.All {
		if kind.Takes == recipe.TakesPaths {
			continue
		}
		for _, like := range choices(kind, "like") {
			for _, space := range choices(kind, "space") {
				given := ""
				for _, p := range kind.Params {
					if value := map[string]string{"like": like, "space": space}[p.Name]; value != "" {
						given += fmt.Sprintf(", %s: %s", p.Name, value)
					} else if p.Required {
						given += fmt.Sprintf(", %s: %s", p.Name, requiredValue[p.Name])
					}
				}
				left, err := stepsOf(t, kind.Name, given)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range kind.Params {
					if p.Required || p.Name == "like" {
						continue
					}
					says := documented(p, like, space)
					value := written(says.Default)
					switch {
					case p.Name == "space" && space != "":
					case !says.Taken:
						_, err := stepsOf(t, kind.Name, given+fmt.Sprintf(", %s: %s", p.Name, anyValue(t, p)))
						if err == nil || !strings.Contains(err.Error(), "has no effect here") {
							t.Errorf("%s%s: %s is documented as not taken, but %v", kind.Name, given, p.Name, err)
						}
					case value != "":
						spelled, err := stepsOf(t, kind.Name, given+fmt.Sprintf(", %s: %s", p.Name, value))
						if err != nil || spelled != left {
							t.Errorf("%s%s: %s is documented as %s, but that makes a difference:\n%s\n%s\n%v", kind.Name, given, p.Name, value, left, spelled, err)
						}
					}
				}
			}
		}
	}
}

// requiredValue is something for each parameter that has no default but must be there.
var requiredValue = map[string]string{"density": "0.5", "to": "8", "tasks": "{python: {run: [eval], metric: loss}}"}

// TestNoEffect: a parameter that no stage of an expansion takes is not dropped in silence,
// and the remedies are true.
func TestNoEffect(t *testing.T) {
	for line, remedy := range map[string]string{
		"over: agreeing, like: peft": "leave it out, or choose another `like`",
		"rank: 4":                    "add `space: delta`, or leave it out",
		"max-rank: 4, energy: 0.9, space: factors": "add `space: delta`, or leave it out",
	} {
		_, err := stepsOf(t, "linear", ", "+line)
		if err == nil {
			t.Errorf("%s passes", line)
			continue
		}
		for _, e := range fault.List(err) {
			if m, ok := e.(*fault.Fault); !ok || m.Remedy != remedy || !strings.Contains(m.Text, "has no effect here") {
				t.Errorf("%s: %v", line, e)
			}
		}
	}
	for _, mended := range []string{"like: peft", "over: agreeing, like: article", "rank: 4, space: delta", "energy: 0.9, max-rank: 4, space: delta"} {
		if _, err := stepsOf(t, "linear", ", "+mended); err != nil {
			t.Errorf("%s: %v", mended, err)
		}
	}
}

// TestNotes: what help, reference and schema say of the parameters in which variants differ.
func TestNotes(t *testing.T) {
	for _, c := range []struct{ verb, param, note string }{
		{"ties", "over", "; default agreeing; all with `like: article`; weights with `like: mergekit`"},
		{"dare-ties", "over", "; default agreeing; weights with `like: mergekit`"},
		{"dare", "over", "; default all; not with `like: article`; not with `like: peft`"},
		{"ties", "tie", "; default drop; positive with `like: peft`; positive with `like: mergekit`; majority with `like: ties-paper`"},
		{"linear", "rank", "; not with `space: factors`"},
		{"average", "over", "; default all"},
	} {
		kind, _ := stages.Find(c.verb)
		at := slices.IndexFunc(kind.Params, func(p *recipe.Param) bool { return p.Name == c.param })
		if note := kind.Params[at].Note(); note != c.note {
			t.Errorf("%s of %s: %q, not %q", c.param, c.verb, note, c.note)
		}
	}
}

// TestKeepOfShorthand: what is kept is what the shorthand makes, not its steps.
func TestKeepOfShorthand(t *testing.T) {
	parsed, err := recipe.Parse("recipe.yaml", []byte("version: 1\nstages:\n  a: {load: a}\n  m: {ties: a, density: 0.5, keep: true}\n"), stages.Verbs())
	if err != nil {
		t.Fatal(err)
	}
	steps, err := stages.Expand(parsed.Stages[1])
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range steps {
		if last := i == len(steps)-1; s.Keep != last {
			t.Errorf("%s: keep is %v", s.Name, s.Keep)
		}
	}
}
