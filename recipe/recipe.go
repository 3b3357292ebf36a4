package recipe

import "github.com/loramerge/loramerge/internal/fault"

// Position is a place in a recipe's file; lines and columns count from 1.
type Position = fault.Position

// Recipe is a recipe's file as it was written.
type Recipe struct {
	File   string // as it is named in messages
	Source []byte // the file's text; a comment at its end names the values given to variables
	Name   string
	Seed   uint64     // of every stage that draws at random and has none of its own
	Base   string     // the base model's name, vouched for by the recipe; may be empty
	Vars   []Variable // with the values that they have in this recipe
	Stages []*Stage
	Sweep  *Sweep // nil where there is none, and in a recipe that another one loads
}

// Stage is one entry of `stages`: a name, a verb with its inputs, its parameters.
type Stage struct {
	Position Position // of the name
	Name     string
	Verb     *Verb // nil if the stage could not be read; the mistake is reported
	Inputs   []Reference
	Sources  []Source // of a verb that takes paths
	Reuse    *Reuse   // what such a verb takes of another recipe instead; nil if nothing
	Params   *Params
	Keep     bool      // its values are kept in the cache whatever they cost
	Allow    []Allowed // warnings that are known
	Origin   *Stage    // the shorthand that this stage was expanded from; nil if it was written
}

// Reference names a stage, or one of the adapters that flow out of it.
type Reference struct {
	Position
	Stage   string
	Adapter string // empty for all of them
}

func (r Reference) String() string {
	if r.Adapter == "" {
		return r.Stage
	}
	return r.Stage + "." + r.Adapter
}

// Source is an adapter's folder and the name it has in the recipe.
type Source struct {
	Position
	Name string
	Path string // as written, relative to the recipe's folder
}

// Lookup finds a stage by its name.
func (r *Recipe) Lookup(name string) (*Stage, bool) {
	for _, s := range r.Stages {
		if s.Name == name {
			return s, true
		}
	}
	return nil, false
}

// Version is the version of the recipe language.
const Version = 1

// Variable is an entry of `vars` with the value it has: its default, or what was given
// instead.
type Variable struct {
	Position // of the name
	Name     string
	Value    string
	quoted   bool // the value is text, whatever it looks like
	given    bool // the value is another than the default
	missing  bool // neither a default nor a value
	broken   bool // its mistake is reported already
}

// Reuse is a stage of another recipe, or one of the adapters that flow out of it, as a
// load names it.
type Reuse struct {
	Position           // of the path
	Path     string    // of the other recipe, as written, relative to this recipe's folder
	Stage    Reference // in the other recipe
	Set      []Variable
}

// Params are the parameters of one stage, or the entries of a Record: those that were
// written, and the defaults of the others. A Key asks for them.
type Params struct {
	of       string // the verb's name, or what the record is
	declared declarations
	at       Position
	written  map[string]written
	// inherited are the shorthand's parameters that a step of its expansion has too.
	inherited []string
}

type written struct {
	Position
	value any
}
