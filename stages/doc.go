// Package stages holds the verbs of a recipe, one file each: what a verb is called
// and takes (its declaration), what may flow through it (Bind, on headers), and its
// arithmetic (Apply, on one module).
//
// The table All lists them. A new verb is one file and one row there; reading,
// validation, defaults, help and digests follow from the declaration.
//
// A Spec holds the types that flow in beside the stage as it was written, so that an Op
// need not be told again what it was bound to; a type that changes, since a survey has
// chosen ranks, gives another Op. No Op changes after Bind, and any number of runs may
// share one.
//
// # What else an Op can be
//
// Apply is all that an Op must have. What it has beside that is asked for by the planner
// (Source, Sink, Combiner, Warner, Aligner, Sizer, Keyed, Drawer, Decomposer), before a run
// and for its memory and cost (Scratcher, Costly), by a run before its first module (Surveyor)
// and after each (Linear), and by a report (Loser). Whatever an Op does not have is not asked.
//
// What is here knows nothing of the order in which stages run, of caches, or of
// people: that is package merge, and cmd. Loops over numbers live in
// internal/kernels, products of thin matrices in internal/lowrank.
package stages
