// Package stages holds the verbs of a recipe, one file each: what a verb is called
// and takes (its declaration), what may flow through it (Bind, on headers), and its
// arithmetic (Apply, on one module).
//
// The table All lists them. A new verb is one file and one row there; reading,
// validation, defaults, help and digests follow from the declaration.
//
// A Spec holds the stage as it was written and the types of its inputs, so that an Op knows
// what it was bound to; if a type changes, because a survey has chosen ranks, another Op is
// bound. No Op changes after Bind, and any number of runs may share one.
//
// # What else an Op can be
//
// Apply is all that an Op must have. Other methods are optional: the planner asks for some
// (Source, Sink, Combiner, Warner, Aligner, Sizer, Keyed, Drawer, Decomposer), and for the
// memory and cost of a run (Scratcher, Costly); a run asks before its first module (Surveyor)
// and after each (Linear), a report afterwards (Loser).
//
// Nothing here knows the order in which stages run, caches, or how to print: see packages
// merge and cmd. Loops over numbers live in
// internal/kernels, products of thin matrices in internal/lowrank.
package stages
