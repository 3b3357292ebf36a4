package recipe

import (
	"fmt"
	"slices"
)

// NewParams makes parameters at a position, with nothing written yet.
func NewParams(verb *Verb, at Position) *Params {
	return newParams(verb.Name, verb.Params, at)
}

func newParams(of string, declared []*Param, at Position) *Params {
	return &Params{of: of, declared: declared, at: at, written: make(map[string]written)}
}

// Has reports whether the parameter was written.
func (p *Params) Has(name string) bool {
	_, ok := p.written[name]
	return ok
}

// At is where the parameter was written, or else the stage or record.
func (p *Params) At(name string) Position {
	if w, ok := p.written[name]; ok {
		return w.Position
	}
	return p.at
}

// Value is what was written, or the default, or nil.
func (p *Params) Value(name string) any {
	if w, ok := p.written[name]; ok {
		return w.value
	}
	declared := p.declared.find(name)
	if declared == nil {
		panic(fmt.Sprintf("recipe: %s has no parameter %q", p.of, name))
	}
	return declared.Default
}

// For gives the same parameters to another verb, which takes those that it
// declares too, except some; what was written has precedence over presets. Shorthands
// expand with it.
func (p *Params) For(verb *Verb, presets map[string]any, without []string) *Params {
	out := NewParams(verb, p.at)
	for _, name := range p.declared.names() {
		if verb.Declares(name) && !slices.Contains(without, name) {
			out.inherited = append(out.inherited, name)
		}
	}
	for name, value := range presets {
		if verb.param(name) == nil {
			panic(fmt.Sprintf("recipe: %s has no parameter %q", verb.Name, name))
		}
		out.written[name] = written{p.at, value}
	}
	for name, w := range p.written {
		if out.Inherits(name) {
			out.written[name] = w
		}
	}
	return out
}

// Inherits reports whether a step of a shorthand has the shorthand's parameter of that name,
// written or not.
func (p *Params) Inherits(name string) bool { return slices.Contains(p.inherited, name) }

// Written lists the names of the parameters that were written, as declared.
func (p *Params) Written() []string {
	return slices.DeleteFunc(p.declared.names(), func(name string) bool { return !p.Has(name) })
}

// References are the stages that parameters name, parameter by parameter in the verb's
// order: further inputs beside the main ones.
func (p *Params) References() [][]Reference {
	var out [][]Reference
	for _, declared := range p.declared {
		if refs, ok := p.written[declared.Name].value.([]Reference); ok {
			out = append(out, refs)
		}
	}
	return out
}

// Key is the name of a parameter whose value has the Go type T, so that a misspelt name or
// a value of another type does not compile. Each Type says which Go type its values have: a
// number is a *Number, a choice a string.
type Key[T any] string

// Of is what was written, or the default, or the zero T. It panics if the verb does not
// declare the parameter, or declares it with another type.
func (k Key[T]) Of(p *Params) T {
	var zero T
	value := p.Value(string(k))
	if value == nil {
		return zero
	}
	t, ok := value.(T)
	if !ok {
		panic(fmt.Sprintf("recipe: parameter %q of %s is a %T, not a %T", string(k), p.of, value, zero))
	}
	return t
}

// In reports whether the parameter was written.
func (k Key[T]) In(p *Params) bool { return p.Has(string(k)) }

// At is where the parameter was written, or else the stage or record.
func (k Key[T]) At(p *Params) Position { return p.At(string(k)) }
