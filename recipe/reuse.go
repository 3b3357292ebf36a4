package recipe

import (
	"maps"
	"slices"
)

// Reuse is a stage of another recipe, or one of the adapters that flow out of it, as a
// load names it.
type Reuse struct {
	Position           // of the path
	Path     string    // of the other recipe, as written, relative to this recipe's folder
	Stage    Reference // in the other recipe
	Set      []Variable
}

// SetText is what is given to the other recipe's variables, as the language has it; empty
// where that is nothing.
func (u *Reuse) SetText() string {
	if len(u.Set) == 0 {
		return ""
	}
	return table(u.Set, func(v Variable) (string, string) { return v.Name, quoted(v.Value) })
}

// Parse is the package's Parse of the other recipe, whose variables have the values that
// are given to them here.
func (u *Reuse) Parse(file string, source []byte, verbs []*Verb) (*Recipe, error) {
	given := make(map[string]string, len(u.Set))
	for _, v := range u.Set {
		given[v.Name] = v.Value
	}
	return (&reader{file: file, verbs: verbs, given: given, use: u}).parse(source)
}

// at is where a variable is given its value.
func (u *Reuse) at(name string) Position {
	i := slices.IndexFunc(u.Set, func(v Variable) bool { return v.Name == name })
	return u.Set[i].Position
}

// text is the value of the verb.
func (u *Reuse) text() string {
	parts := map[string]string{wordRecipe: quoted(u.Path), wordStage: u.Stage.String()}
	if len(u.Set) > 0 {
		parts[wordSet] = u.SetText()
	}
	return table(slices.Sorted(maps.Keys(parts)), func(word string) (string, string) { return word, parts[word] })
}
