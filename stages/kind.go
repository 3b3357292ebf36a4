package stages

import (
	"context"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
)

// Kind is a verb: its declaration, and how a stage of it is made.
type Kind struct {
	recipe.Verb
	// Version is raised whenever the verb's results change; it is part of their names.
	Version int
	// New makes a stage. It is nil for a shorthand.
	New func(Spec) Op
	// Expand gives the stages that a shorthand stands for; the last bears its name.
	// It is nil for a plain verb, and gives nil for a stage that stands for itself.
	Expand func(*recipe.Stage) []*recipe.Stage
	// Weights are what the adapters count at a module, where a verb that combines them
	// says so otherwise than by its parameter `weights`, for which it is nil.
	Weights func(s Spec, site recipe.Site, adapters []string) []float64
	// Thins tells that elements are left out: what flows out is smaller, or larger, than
	// the adapters that flow in.
	Thins bool
	// Random tells whether, with these parameters, a stage draws at random, by its own seed
	// or the recipe's and by the names of its adapters. It is nil for those that never do.
	Random func(*recipe.Params) bool
	// choosing are the parameters that choose an expansion: no stage takes them.
	choosing []string
}

// Setting is what a stage is made from.
type Spec struct {
	*recipe.Stage
	Recipe *recipe.Recipe
	Dir    string // that the recipe's paths are relative to
}

// Stage is a verb with its parameters.
type Op interface {
	// Check works on headers: whether what flows in, one Type for each input slot,
	// can be worked on, and what flows out. Its errors are recipe.Mistakes.
	Check(in []Type) (Type, error)
	// Apply works on one module; in holds one Value for each input slot. It is safe
	// for several goroutines. Whole tensors are never handed to it.
	Apply(ctx context.Context, env Env, in []Value) (Value, error)
}

// Combiner is a Stage that makes one adapter out of several.
type Combiner interface {
	Op
	// Name is what the one adapter is called.
	Makes() string
	// Shares are the weights by which whole tensors of the adapters are averaged at
	// a module: absolute weights, so the shares must sum to 1.
	Shares(site recipe.Site, adapters []string) []float64
}

// Source is a Stage that reads tensors from disk.
type Source interface {
	Op
	// Read gives the value at a module, whole tensors included.
	Read(env Env) (Value, error)
	// Adapters are the folders that were opened; whoever called Check closes them.
	Adapters() []*adapter.Adapter
	// Claims are the base models that the folders name, those included that Check refused.
	Claims() []Claim
}

// Claim is the base model that an adapter's folder names.
type Claim struct {
	Path string
	Base adapter.Base
}

// Sink is a Stage whose input is written to disk.
type Sink interface {
	Op
	// Target is the folder to write.
	Target() string
	// Clamps tells whether values that the dtype can't hold become the largest it can.
	Clamps() bool
	// Carries are the files to copy out of the inputs' folders, or groups of them.
	Carries() []recipe.Pick
}

// Surveyor is a Stage that may have to see all modules before it can work on one.
type Surveyor interface {
	Op
	// Survey starts one, or is nil if the parameters need none.
	Survey() Survey
}

// Survey looks at a whole adapter.
type Survey interface {
	// Observe sees one module's input values. Calls come from several goroutines in
	// any order, and the result must not depend on it. What is observed after ctx has
	// ended is never concluded from.
	Observe(ctx context.Context, env Env, in []Value)
	// Conclude gives the stage to use, or another Survey to run first.
	Conclude() (Op, Survey)
}

// Sizer is a Stage that brings one adapter to the size of others, which flow in behind
// it, in the slot 1.
type Sizer interface {
	Op
	// OfInputs tells whether these are the inputs of the verb that it was appended to.
	OfInputs() bool
}

// Warner is a Stage with something to say, after Check, that hinders nothing.
type Warner interface {
	Warnings(in []Type) []*recipe.Mistake
}

// Aligner is a Stage of adapters side by side, as all are that embed a Setting.
type Aligner interface {
	AlignmentWarnings(in []Type) []*recipe.Mistake
}

// Scratcher is a Stage that needs memory, in bytes, beside its inputs and its result.
type Scratcher interface {
	Scratch(module string, in []Type) int64
}

// Keyed is a Stage whose result depends on more than its parameters and inputs.
type Keyed interface {
	// Key is the text of what else there is at a module, or at all of them where
	// module is empty. It is hashed into the result's name, and made for that alone.
	Key(in []Type, module string) string
}

// Drawer is a Stage that may draw at random.
type Drawer interface {
	// Streams are what the random streams of the adapters that flow in are made from,
	// beside the module: two of one text are one stream. There are none if it draws nothing.
	Streams() []string
}

// Decomposer is a Stage that knows whether its last bits depend on the class of the matrix
// kernels (lowrank.Class). Of others those do that work outside the space factors.
type Decomposer interface {
	Decomposes() bool
}

// Worker is a Stage whose cost is more than a pass over its tensors.
type Worker interface {
	// Work estimates the nanoseconds that one core needs at a module.
	Work(module string, in []Type) float64
}
