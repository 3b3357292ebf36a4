// Package results reads what evaluators write: lm-evaluation-harness, inspect_ai, promptfoo,
// and loramerge's own JSON, which a script of a few lines can print.
//
// [Read] finds the one result in a folder that was made for one run, and [Run.Measure] takes a
// metric of a task out of it: its value, its standard error, and the value of every document,
// if the evaluator wrote them. Evaluators exit with 0 after a failure and write numbers that
// are none, so success is judged by what is in the files alone. A metric that is missing is an
// error that lists those that are there.
//
// The files are as hostile as any: their sizes are bounded, links are not followed, and
// nothing in them is executed.
package results
