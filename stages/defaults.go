package stages

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/recipe"
)

// withDefaults gives the parameters of shorthands the defaults of their expansions: what is
// documented of a shorthand follows from its expansion alone.
func withDefaults(kinds []*Kind) []*Kind {
	for _, kind := range kinds {
		if kind.Expand == nil {
			if slices.Contains(kind.Params, normParam) {
				kind.choosing = []string{normParam.Name}
			}
			continue
		}
		all := kind.expansions()
		for i, p := range kind.Params {
			if !all.take(p.Name) {
				kind.choosing = append(kind.choosing, p.Name)
				continue
			}
			own := *p // it may be another verb's too
			kind.document(&own, all)
			kind.Params[i] = &own
		}
	}
	return kinds
}

// Chooses reports whether a parameter chooses what a stage expands to, and is no parameter of
// one of its steps.
func (k *Kind) Chooses(param string) bool { return slices.Contains(k.choosing, param) }

// beside is what is written of the parameters that choose an expansion.
type beside struct{ like, space string }

func (b beside) String() string {
	var parts []string
	if b.like != "" {
		parts = append(parts, "like: "+b.like)
	}
	if b.space != "" {
		parts = append(parts, "space: "+b.space)
	}
	return strings.Join(parts, ", ")
}

// choices are the values of a parameter that chooses an expansion, first the empty one of
// leaving it out.
func (k *Kind) choices(name string) []string {
	out := []string{""}
	for _, p := range k.Params {
		if choice, ok := p.Type.(recipe.ChoiceType); ok && p.Name == name {
			out = append(out, choice...)
		}
	}
	return out
}

// expansions are the steps of a shorthand, by what chooses them. Every start of the program needs
// those of all shorthands, so each is made once.
type expansions map[beside][]*recipe.Stage

func (k *Kind) expansions() expansions {
	all := make(expansions)
	for _, like := range k.choices("like") {
		for _, space := range k.choices("space") {
			all[beside{like, space}] = k.steps(beside{like, space})
		}
	}
	return all
}

// steps expands a stage of which nothing is written but what chooses the expansion.
func (k *Kind) steps(b beside) []*recipe.Stage {
	presets := make(map[string]any)
	if b.like != "" {
		presets["like"] = b.like
	}
	if b.space != "" {
		presets["space"] = b.space
	}
	return k.Expand(&recipe.Stage{Name: "stage", Verb: &k.Verb, Inputs: []recipe.Reference{{Stage: "input"}},
		Params: recipe.NewParams(&k.Verb, recipe.Position{}).For(&k.Verb, presets, nil)})
}

// fact is whether a step takes a parameter, and which default it has there.
type fact struct {
	taken     bool
	byDefault any
}

// fact looks a parameter up in an expansion. Steps that both take one must agree about it.
func (all expansions) fact(p *recipe.Param, b beside) fact {
	steps := all[b]
	if steps == nil {
		return fact{true, p.Default}
	}
	var out fact
	for _, s := range steps {
		if !s.Params.Inherits(p.Name) {
			continue
		}
		found := fact{true, s.Params.Value(p.Name)}
		if out.taken && !reflect.DeepEqual(out, found) {
			panic(fmt.Sprintf("stages: the steps of %s with %s disagree about the default of %s", s.Origin.Verb.Name, b, p.Name))
		}
		out = found
	}
	return out
}

// take reports whether some expansion takes the parameter; the others choose it.
func (all expansions) take(name string) bool {
	for _, steps := range all {
		if taken(steps, name) {
			return true
		}
	}
	return false
}

// document records a parameter's default, and then what differs from that: next to one other
// parameter, and next to two where that does not follow.
func (k *Kind) document(p *recipe.Param, all expansions) {
	usual := all.fact(p, beside{})
	known := map[beside]fact{}
	note := func(b beside, expected fact) {
		if found := all.fact(p, b); !reflect.DeepEqual(found, expected) {
			known[b] = found
			p.Variants = append(p.Variants, recipe.Variant{Beside: b.String(), Taken: found.taken, Default: found.byDefault})
		}
	}
	likes, spaces := k.choices("like")[1:], k.choices("space")[1:]
	for _, space := range spaces {
		if !usual.taken { // only another space than the usual one has a use for it
			usual = all.fact(p, beside{space: space})
		}
	}
	for _, space := range spaces {
		note(beside{space: space}, usual)
	}
	for _, like := range likes {
		if all.fact(p, beside{}).taken {
			note(beside{like: like}, usual)
		}
		for _, space := range spaces {
			expected := usual
			if f, ok := known[beside{space: space}]; ok {
				expected = f
			} else if f, ok := known[beside{like: like}]; ok {
				expected = f
			}
			note(beside{like, space}, expected)
		}
	}
	p.Default = usual.byDefault
}

func taken(steps []*recipe.Stage, name string) bool {
	return slices.ContainsFunc(steps, func(s *recipe.Stage) bool { return s.Params.Inherits(name) })
}
