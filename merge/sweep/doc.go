// Package sweep looks for the best values of a recipe's variables: it runs the recipe again and
// again with other values, scores each result on the documents of `select`, and keeps what it learns
// in a folder, so that nothing is measured twice.
//
// # Trials
//
// A trial is the recipe with one point of the axes: values for some of its variables. Trial 0 is the
// recipe as it stands. All trials that a search hands out together are planned before the first of
// them runs, so that a mistake is found before an evaluator has worked for hours; what many trials
// have in common is said once (planning.go). A trial runs no save and checks no gate: package run
// scores its one candidate.
//
// # Records
//
// What was measured is appended to a file of the sweep's folder, a line of JSON a time (record.go,
// records.go). A record is found by its key, the digest of all that its scores depend on: what the
// adapter is made from, how every task is measured, and the documents. So a sweep that was stopped,
// by whatever, goes on by reading its records; so does one whose recipe was edited, whose max-trials
// were raised, or whose goal is another one. The numbers of trials are for people. A driver and
// each rank have a file of their own, and read those of all others.
//
// # Goals
//
// A goal is computed from the scores in the records: those of the trials, and those of the base and
// the experts (goals.go). Which trial was measured where, and whether just now or last week, changes
// nothing. Whether an expert's gain is large enough to have shares of is found out once, document
// by document, when the references are measured.
//
// # Generations and rungs
//
// A search hands out points a generation at a time: cma-es needs the goals of one generation for the
// next, the others have one generation. Successive halving measures a generation in rungs, each with
// fewer trials and more documents, of which those of the rungs before are known already. Wherever the
// goals of all trials of a generation or a rung are needed to go on, a rank that has done its share
// ends, and says what is left (run.go).
package sweep
