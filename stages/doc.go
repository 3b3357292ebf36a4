// Package stages holds the verbs of a recipe, one file each: what a verb is called
// and takes (its declaration), what may flow through it (Check, on headers), and
// its arithmetic (Apply, on one module).
//
// The table All lists them. A new verb is one file and one row there; reading,
// validation, defaults, help and names follow from the declaration.
//
// What is here knows nothing of the order in which stages run, of caches, or of
// people: that is package merge, and cmd. Loops over numbers live in
// internal/kernels, products of thin matrices in internal/lowrank.
package stages
