package recipe

import "fmt"

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
