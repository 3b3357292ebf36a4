// Package plan is what is asked of a merge: the graph of a recipe's stages, what flows
// between them, and the digest of every result. Load and New work on headers alone and report
// every mistake at once.
//
// How it is done, module by module, is package run's business, and the arithmetic of the
// verbs that of package stages.
//
// # Other recipes
//
// A load of another recipe's stage is planned as if the stages it needs were in this
// recipe, called LOAD/STAGE (gather.go). Each keeps the recipe it was written in, for its
// seed, its folder and what its adapters are called, by which random streams are distinguished:
// so its values, and their digests, are those of the other recipe's own run. Which of several
// loads of one recipe its stages are called after follows from the loads' names. An output
// carries the recipes that were loaded whole (Library), since a file beside the recipe may
// change.
//
// # Scored stages
//
// For each adapter that a scored stage shows to its commands the plan has a node beside the
// recipe's (shown.go), which writes it as its save does, so that whatever a save refuses is found
// before any work. The placeholders of commands are checked here too, by package command, which
// therefore lies below this one; nothing is started.
//
// # Digests
//
// A tensor on disk is known by its bytes, dtype, shape and scale; a result by the hash of
// everything it depends on: the verb and its version, the parameters that are not at their
// defaults, as each input adapter gets them, in their order; the digests of the inputs,
// how they are held, and the class of the matrix kernels where the last bits depend on it
// (Description). A stage's own name is no part of it, so that renaming one computes nothing
// anew. Digests are made at two levels: of whole stages, which Plan.Digests gives and
// Digests.Compare explains, and of a stage's value at one module, under which the cache keeps
// it.
//
// What is hashed are words made for it, with digest.Version before them, so that what people
// read can be improved without a change of any digest. testdata/digests/digests.py
// computes those of a recipe from this description alone, and TestKnownDigests compares. A
// parameter at its default is left out, so that a verb can be given another parameter; whoever
// changes a default raises the verb's version, which stages.TestDeclaredDefaults demands.
//
// The digest of an output covers the canonical text of the stages that lead to it too, since
// that is written into it, and the plan's digest is that of its outputs. The class of the matrix
// kernels is no part of these two: the lock names it separately, so that another machine is not
// mistaken for another recipe.
//
// # Comparing recipes
//
// Diff compares two recipes by what their stages expand to. It needs no adapters, only their
// text, but it is here and not in package recipe, because it asks stages how shorthands
// expand and which steps draw at random, and recipe knows no verb.
package plan
