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
//   - Input files are read with pread into a small buffer, not mapped: a mapped file
//     that shrinks while it is read kills the process.
package merge
