package stages

import (
	"context"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

// Kind is a verb: its declaration, and how a stage of it is bound.
type Kind struct {
	recipe.Verb
	// Version is raised whenever the verb's results change; it is part of their digests.
	Version int
	// Bind checks on headers whether what flows in can be worked on, and gives the Op that
	// works on it and the Type of what flows out. Its errors are faults of the recipe; the
	// Op of a Source is there even then, for what it has opened. Bind is nil for a shorthand.
	Bind func(Spec) (Op, Type, error)
	// Expand gives the stages that a shorthand expands to; the last has its name. It is nil
	// for a plain verb, and returns nil for a stage without an expansion.
	Expand func(*recipe.Stage) []*recipe.Stage
	// Weights are what the adapters count at a module, for a verb that combines them and
	// does not use its parameter `weights` for that; nil for all others.
	Weights func(s Spec, site recipe.Site, adapters []string) []float64
	// KeepsPairs is true of a verb that combines adapters and keeps every B with its own A,
	// so that the result is exact in the space factors too.
	KeepsPairs bool
	// Thins is true of a verb that leaves elements out: the result is smaller, or larger,
	// than the input adapters.
	Thins bool
	// Pass is what a pass takes of one core, in nanoseconds for each element that flows in; 0 for
	// the usual.
	Pass float64
	// Random reports whether, with these parameters, a stage draws at random, by its own seed
	// or the recipe's and by the names of its adapters. It is nil for those that never do.
	Random func(*recipe.Params) bool
	// Needs are what a stage reads by a path or a reference that its author wrote. It is nil for a verb
	// that reads nothing so.
	Needs func(*recipe.Stage) []Need
	// choosing are the parameters that choose an expansion: no stage takes them.
	choosing []string
}

// Op is a stage bound to the types that flow in.
type Op interface {
	// Apply works on one module; in holds one Value for each input slot. It is safe
	// for several goroutines. It never gets whole tensors.
	Apply(ctx context.Context, env Env, in []Value) (Value, error)
}

// Combiner is an Op that makes one adapter out of several.
type Combiner interface {
	Op
	// Makes is what the one adapter is called.
	Makes() string
	// Shares are the weights by which whole tensors of the adapters are averaged at
	// a module: absolute weights, so the shares must sum to 1.
	Shares(site recipe.Site, adapters []string) []float64
}

// Source is an Op that reads tensors from disk.
type Source interface {
	Op
	// Read gives the value at a module, whole tensors included.
	Read(env Env) (Value, error)
	// Adapters are the folders that Bind opened; whoever called it closes them.
	Adapters() []*adapter.Adapter
	// Origins are where the adapters' references led to, empty for those without one.
	Origins() []string
	// Claims are the base models that the folders name, those included that Bind refused.
	Claims() []Claim
}

// Claim is the base model that an adapter's folder names.
type Claim struct {
	Path string
	Base adapter.Base
}

// Sink is an Op whose input is written to disk.
type Sink interface {
	Op
	// To is the folder to write as the recipe has it, and where it is written.
	To() (path string, at fault.Position)
	// Target is where it leads, seen from the current folder.
	Target() string
	// Format is how the folder is stored.
	Format() adapter.Format
	// Layout is that of the folder for what flows in, of that base model. Where the ranks are
	// still open, it is that of the largest.
	Layout(in Type, base adapter.Base) (*adapter.Layout, error)
	// ReadBy says which releases of a reader read what is written, where not all do.
	ReadBy() string
	// BaseConfig is the configuration of the base model that it reads; nil if it reads none.
	BaseConfig() *BaseConfig
	// Clamps reports whether values that the dtype can't hold become the largest it can.
	Clamps() bool
	// Carries are the files to copy out of the inputs' folders, or groups of them.
	Carries() []recipe.Pick
}

// Scorer is an Op whose input is scored by commands.
type Scorer interface {
	Op
	// Evaluation is what is asked of it. The candidates are the adapters of the input
	// slot 0, the experts those of the slot 1, if there is one.
	Evaluation() *Evaluation
}

// Surveyor is an Op that may have to see all modules before it can work on one.
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
	// Conclude gives the Op to use and the Type of what flows out of it, or another Survey
	// to run first.
	Conclude() (Op, Type, Survey, error)
}

// Deriver is a Survey of one adapter and of others, in the slot 1. If Derive is called, the
// one is a linear combination of the others, and its norm follows from theirs.
type Deriver interface {
	Survey
	Derive(combination Linear, site func(module string) recipe.Site)
}

// Loser is an Op that may lose something of its input which a report shows.
type Loser interface {
	Loses() Loss
}

// Loss is what an Op may lose, and who finds out how much.
type Loss uint8

const (
	// LosesNothing with the parameters that the Op has.
	LosesNothing Loss = iota
	// LosesElements: what is left is compared with the input.
	LosesElements
	// LosesRank: what is left is compared with the input.
	LosesRank
	// ReportsLoss: Apply calls Env.Report itself.
	ReportsLoss
)

// Sizer is an Op that brings one adapter to the size of others, which are in slot 1.
type Sizer interface {
	Op
	// OfInputs reports whether these are the inputs of the verb that it was appended to, and
	// where that is written.
	OfInputs() (at fault.Position, ok bool)
	// Measured gives the norms of those others, combined with the weights given, and of what
	// comes out at a module, where a survey has measured them.
	Measured(site recipe.Site, weights []float64) (Norms, bool)
}

// Warner is an Op with something to warn of.
type Warner interface {
	Warnings() []*fault.Fault
}

// Aligner is an Op that works on several adapters together, as all do that embed a Spec.
type Aligner interface {
	AlignmentWarnings() []*fault.Fault
}

// Scratcher is an Op that needs memory, in bytes, in addition to its inputs and its result.
type Scratcher interface {
	Scratch(module string) int64
}

// Keyed is an Op whose result depends on more than its parameters and inputs.
type Keyed interface {
	// Key is the text of what else there is at a module, or at all of them where
	// module is empty. It is hashed into the result's digest, and made for that alone.
	Key(module string) string
}

// Drawer is an Op that may draw at random.
type Drawer interface {
	// Streams are what the random streams of the adapters that flow in are made from,
	// beside the module: two of one text are one stream. There are none if it draws nothing.
	Streams() []string
}

// Decomposer is an Op that knows whether its last bits depend on the class of the matrix
// kernels (lowrank.Class). Of others those do that work outside the space factors.
type Decomposer interface {
	Decomposes() bool
}

// Linear is a Combiner whose result in the space factors can be compared with the
// same linear combination of the deltas.
type Linear interface {
	Combiner
	// IsLinear reports whether, with these parameters, it is such a combination.
	IsLinear() bool
	// Coefficients are those of the combination, if it is linear, of deltas whose inner
	// products are given.
	Coefficients(site recipe.Site, adapters []string, g gram) []float64
}
