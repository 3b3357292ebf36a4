// Package merge plans a recipe and runs it: which stages there are, what flows
// between them, what is computed when, and how the results reach the disk whole.
//
// Planning (Load, New) works on headers alone and reports every mistake at once.
// Running (Plan.Run) takes one module at a time through the whole graph, several
// side by side, and writes each at its place in the output.
//
// Draft goes the other way: it looks at adapters and writes a recipe that fits them.
//
// The arithmetic of the verbs is not here but in package stages, the language in
// package recipe, the files' format in package adapter. Nothing here prints, exits,
// or reads the clock.
//
// # Other recipes
//
// A load of another recipe's stage is planned as if the stages it needs stood in this
// recipe, called LOAD/STAGE (gather.go). Each keeps the recipe it was written in, for its
// seed, its folder and what its adapters are called, by which chance draws: so its values,
// and their names, are those of the other recipe's own run. Which of several loads of one
// recipe its stages are called after is settled by the loads' names. An output carries the
// recipes that were loaded whole (Library), since a file beside the recipe may change.
//
// # Names, cache and lock
//
// A tensor on disk is named by its bytes, dtype, shape and scale; a result by the hash of
// everything it depends on: the verb and its version, the parameters that are not at their
// defaults, as each adapter that flows in gets them, in their order; the names of what flows
// in, how that is held, and the class of the matrix kernels where the last bits depend on it
// (Description). A stage's own name is no part of it, so that renaming one computes nothing
// anew. Names are made at two levels: of whole stages, which Plan.Names gives and
// Names.Compare explains, and of a stage's value at one module, under which the cache keeps it.
//
// What is hashed are words made for it, with DigestVersion before them: what people read can
// be said better one day without a change of any name. testdata/digests/names.py computes
// the names of a recipe from this description alone, and TestKnownNames compares. A parameter
// at its default is left out, so that a verb can be given another parameter; who changes a
// default raises the verb's version, which stages.TestDefaultsAreVersioned demands.
//
// The name of an output covers the canonical text of the stages that lead to it too, since
// that stands in it, and the plan's name is that of its outputs. The class of the matrix
// kernels is no part of these two: the lock names it beside them, so that another machine is
// told from another recipe.
//
// The cache keeps a value if it took longer to compute than to write and read (keep.go),
// and with it what was lost on the way, so that a warm run tells the same as a cold one;
// of a survey by singular values it keeps these. An entry that can't be read is computed
// again, with a warning. A cache that can't be written ends the keeping, not the run.
//
// Whether a file has changed since it was hashed is asked of its stat; what is compared,
// and what happens within the clock's resolution, is told in internal/fileindex. A file
// that changes while a run reads it ends the run.
//
// The lock holds a run to the inputs of the last one: it is compared before any work where
// the inputs' hashes are known or the outputs stand already, else beside the work and
// before anything takes its place. An edit of the recipe renews it; a changed input needs
// LockUpdate. A lock that can't be written is a warning. What changes no byte is in it to be
// read, and never compared: the tool's version, and where an input came from (origin.go). On
// another class of matrix kernels the last bits may differ: the lock stays as it is, and
// LockFrozen refuses.
//
// There is one lock for a recipe, of its variables' defaults, and none for values that are
// given on the command line: a lock pins what is committed and reviewed, and those values are
// neither. Such a run is held to the locked inputs and writes no lock. Who wants to commit
// other values writes a recipe that loads this one's stages with `set`, which has a lock of
// its own. A lock for each set of values would lie beside the recipe for ever, one for every
// try of a sweep.
//
// # Verifying
//
// Verify begins with what needs no arithmetic: the inputs' hashes against those in the
// metadata, the names and shapes of the recipe's tensors against the file's. Then it computes
// the one output, module by module, and compares what would be written with the file as it
// comes. Nothing is written, so that a small file whose recipe would give a large one costs
// nothing. The card is for people, says the version and depends on what the run measured: it
// is not compared, but for the inputs' hashes in it, and a run puts it back.
//
// # Where this house departs from its design
//
//   - Slerp, of two or in a cascade, walks in the space of coefficients: angles and
//     norms of every point on the way follow from the inputs' inner products, in
//     float64, and the tensors are combined once. A cascade of eight is then rounded
//     once instead of seven times, and costs one pass over memory.
//   - A parameter table may nest (a table by adapter inside one by module), since
//     mergekit's filtered gradients need it.
//   - A stage's verb may stand anywhere among its keys: the order of the lines means
//     nothing inside a stage either. A word that is both a verb and a parameter
//     (`rank`, `delta`) is the parameter of whichever other verb declares it.
//   - `dare`, the shorthand, ends in `average`, not `sum`: its result then has the
//     adapters' own size for any number of them, and heads can be averaged.
//   - A module glob matches from any dot on, as PEFT's target_modules do.
//   - Numbers beyond 2⁸⁴ are refused wherever they arise (adapter.MostMagnitude), not
//     only NaN and ±Inf in inputs: Inf may vanish in a later stage unseen.
//   - Ranks that a run chooses (factor by energy or budget) are taken to differ: the
//     space factors wants them brought to one by `rank` before the run.
//   - The exact error of cross terms is measured unasked only where it costs little beside
//     the merge (cheapWork); --measure all does it everywhere.
//   - PEFT's weights are a parameter of their own, `weights-on: delta`: √|w·s| on A and on
//     B, so that its presets are recipes like any other.
//   - What speaks to people is several files, cmd/loramerge/ui*.go, by subject.
//   - The k-th magnitude is not found by one histogram of 16-bit values: a sample bounds it,
//     and one pass in assembly counts and gathers (kernels.KthMagnitude). A histogram adds
//     to a counter for every element, which no vector instruction does: 4 Mi elements took
//     4 ms, and take 1 ms. Only `scope: adapter`, which sees many tensors, still counts.
//   - Modules are merged from float32 copies of their tensors, not from the files' bytes
//     block by block: the threshold of a tensor must be known before its first block is
//     merged. The copies of a module are a few megabytes and stay in the outer cache.
//   - A sum of so many adapters that its rank is in the hundreds is cut by iterating on
//     its k×k core instead of decomposing it (lowrank.DecomposeLeading).
//   - Input files are read with pread into a small buffer, not mapped: a mapped file
//     that shrinks while it is read kills the process.
package merge
