package recipe

import (
	"maps"
	"slices"
)

// SetText is what is given to the other recipe's variables, as the language has it; empty
// where that is nothing.
func (u *Reuse) SetText() string {
	if len(u.Set) == 0 {
		return ""
	}
	return table(u.Set, func(v Variable) (string, string) { return v.Name, quoted(v.Value) })
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

// The words of a load of another recipe's stage.
const (
	wordRecipe = "recipe"
	wordStage  = "stage"
	wordSet    = "set"
)
