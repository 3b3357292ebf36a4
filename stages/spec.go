package stages

import (
	"strings"

	"github.com/loramerge/loramerge/recipe"
)

// Spec is what an Op is bound from: a stage as it was written, and what flows in.
type Spec struct {
	*recipe.Stage
	Recipe *recipe.Recipe
	Dir    string // that the recipe's paths are relative to
	In     []Type // one for each input slot
	// Find finds what a reference such as hf://OWNER/NAME@REVISION leads to, without any network: an
	// adapter, or a file of that folder if one is named. Its errors are Faults. It is nil where nothing
	// finds references.
	Find func(reference, file string) (Found, error)
}

// Found is where a reference leads.
type Found struct {
	Path   string // seen from the current folder
	Origin string // the reference with the commit that was found; it leads to the same for ever
}

// written is the stage as its author wrote it: of a shorthand's steps, the shorthand.
func (s Spec) written() *recipe.Stage {
	if s.Origin != nil {
		return s.Origin
	}
	return s.Stage
}

// Makes is what the one adapter is called that the stage makes.
func (s Spec) Makes() string { return s.written().Name }

// inputsText writes the inputs as the recipe does.
func (s Spec) inputsText() string {
	inputs := s.written().Inputs
	names := make([]string, len(inputs))
	for i, ref := range inputs {
		names[i] = ref.String()
	}
	if len(names) == 1 {
		return names[0]
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// countsZero reports whether a pair that an adapter lacks counts as zero there.
func (s Spec) countsZero() bool {
	return s.Verb.Declares(string(keyMissing)) && keyMissing.Of(s.Params) == "zero"
}

func (s Spec) resolve(path string) string { return Resolve(s.Dir, path) }
