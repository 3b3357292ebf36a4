// Package merge is the front door for Go programs: Load plans a recipe, Run makes its outputs,
// and Verify computes one again and compares.
//
// It is built on packages of one idea each: merge/plan is what is asked, merge/run how it is
// done, and merge/evaluate how good it came out; merge/report and merge/compare look at merges, merge/relate
// at adapters that are to be merged, for which merge/draft writes a recipe. The arithmetic of the verbs is in package stages, the
// language in package recipe, the files' format in package adapter. Nothing in any of them
// prints, exits, or reads the clock.
//
// # Decisions that may surprise
//
// What one would expect is done otherwise here, for a reason:
//
//   - Slerp, of two or in a cascade, walks in the space of coefficients: angles and
//     norms of every point on the way follow from the inputs' inner products, in
//     float64, and the tensors are combined once. A cascade of eight is then rounded
//     once instead of seven times, and costs one pass over memory.
//   - A parameter table may nest (a table by adapter inside one by module), since
//     mergekit's filtered gradients need it.
//   - A stage's verb may be anywhere among its keys: the order of the lines means
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
//   - What prints for people is several files, cmd/loramerge/ui*.go, by subject.
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
