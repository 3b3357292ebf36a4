package recipe

import (
	"slices"
	"testing"
)

func verbNamed(name string) *Verb { return (&reader{verbs: testVerbs}).verb(name) }

func TestParams(t *testing.T) {
	p := stage(t, "s", "  s: {trim: a, density: 0.25}").Params
	if value, _ := Key[*Number]("density").Of(p).Everywhere(); value != 0.25 || !p.Has("density") {
		t.Errorf("written: %v", value)
	}
	if Key[string]("scope").Of(p) != "tensor" || p.Has("scope") {
		t.Errorf("default: %q", Key[string]("scope").Of(p))
	}
	if at := p.At("density"); at != placeAt(3, 25) {
		t.Errorf("density stands at %v", at)
	}
	if at := p.At("scope"); at != placeAt(3, 7) {
		t.Errorf("what was not written stands at %v", at)
	}
}

func TestParamsWithoutValue(t *testing.T) {
	p := NewParams(verbNamed("average"), Position{})
	if Key[*Number]("weights").Of(p) != nil {
		t.Error("a number that was neither written nor has a default")
	}
	if n := Key[uint64]("seed").Of(NewParams(verbNamed("drop"), Position{})); n != 0 {
		t.Errorf("seed %d", n)
	}
}

func TestParamsOfTheWrongKindPanic(t *testing.T) {
	p := stage(t, "s", "  s: {trim: a, density: 0.25}").Params
	for what, ask := range map[string]func(){
		"undeclared":   func() { p.Value("energy") },
		"another type": func() { Key[string]("density").Of(p) },
		"preset":       func() { p.For(verbNamed("slerp"), map[string]any{"energy": 1}, nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			ask()
		}()
	}
}

func TestReferences(t *testing.T) {
	for text, want := range map[string][]Reference{
		"b.sql":    {{placeAt(3, 25), "b", "sql"}},
		"[b, b.x]": {{placeAt(3, 26), "b", ""}, {placeAt(3, 29), "b", "x"}},
	} {
		s := stage(t, "s", "  s: {rescale: a, like: "+text+"}")
		if got := s.Params.References(); len(got) != 1 || !slices.Equal(got[0], want) {
			t.Errorf("references %v, want one list, %v", got, want)
		}
		if got := Key[[]Reference]("like").Of(s.Params); !slices.Equal(got, want) {
			t.Errorf("like %v, want %v", got, want)
		}
	}
	if s := stage(t, "s", "  s: {rescale: a}"); Key[[]Reference]("like").Of(s.Params) != nil || s.Params.References() != nil {
		t.Error("a reference that was not written")
	}
}

// What was written wins over presets, presets over defaults; what the other verb does
// not declare, or is asked to do without, stays behind.
func TestParamsForAnotherVerb(t *testing.T) {
	p := stage(t, "s", "  s: {trim: a, density: 0.25, scope: adapter}").Params
	presets := map[string]any{"density": Constant(0.9), "scope": "tensor"}
	got := p.For(verbNamed("trim"), presets, []string{"scope"})
	if value, _ := Key[*Number]("density").Of(got).Everywhere(); value != 0.25 || Key[string]("scope").Of(got) != "tensor" {
		t.Errorf("density %v, scope %q", value, Key[string]("scope").Of(got))
	}
	if other := p.For(verbNamed("slerp"), nil, nil); other.Has("density") || Key[[]*Number]("t").Of(other) != nil {
		t.Error("another verb took what it does not declare")
	}
}

func TestVerbDeclarations(t *testing.T) {
	trim := verbNamed("trim")
	if got := trim.ParamNames(); !slices.Equal(got, []string{"density", "scope"}) {
		t.Errorf("parameters %q", got)
	}
	for param, want := range map[*Param]string{
		trim.Params[0]:                "; default 0.5",
		trim.Params[1]:                "; default tensor",
		verbNamed("save").Params[0]:   "; required",
		verbNamed("factor").Params[0]: "",
	} {
		if got := param.Note(); got != want {
			t.Errorf("%s: got %q", param.Name, got)
		}
	}
}
