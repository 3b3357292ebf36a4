// Package evaluate judges adapters by their scores: what each has of what its expert gained
// over the base, what it has forgotten, and which gates it passes. A candidate is an adapter that
// is judged, an expert one that was trained for a task, and the base is the model without an adapter.
//
// A [Score] (score.go) is what an evaluator measured of one adapter on one task. Out of scores come
// a [Figure], which has an error and bounds: a score by itself or a difference of two (figure.go, pair.go), or a
// share of the expert's gain (share.go). judge.go makes a [Judgement] of these, gate.go the verdicts in it, and
// table.go prints both. kept.go and locked.go are how scores are kept, beside a lock and in it. Package run
// measures and calls all this; package compare calls it for merges that were scored before.
//
// [Judge] is a function of scores and nothing else. Whatever two adapters are compared on, they
// are compared document by document where both have scores of documents, so that what makes a
// document hard cancels. Where there are none, the evaluator's own standard errors are all there
// is, and figures made from them are marked as wide. Scores measured under conditions that differ
// are not compared at all.
//
// A gate is passed or missed when the confidence that was asked for says so, and undecided
// otherwise. A standard error of 0 is not certainty: answers that are all equal are bounded as
// counts are (Wilson), and documents of which none changed by the rate of change that n of
// them could have hidden.
package evaluate
