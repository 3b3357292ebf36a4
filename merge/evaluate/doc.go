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
// A [Goal] is what a search follows (goal.go), and [Goal.Difference] by how much more of it one candidate
// reaches than another (goaldifference.go, goalpart.go).
//
// A gate is passed or missed when the confidence that was asked for says so, and undecided
// otherwise. A standard error of 0 is not certainty: answers that are all equal are bounded as
// counts are (Wilson), and documents of which none changed by the rate of change that n of
// them could have hidden.
//
// # The interval of a difference of two goals
//
// What a and b reach on task k is aₖ and bₖ: a score, its change against the base, or a share of the
// expert's gain. For one task, aₖ − bₖ is a paired difference of scores, or the quotient
// (a − b)/(expert − base) of two paired differences, with the interval of Fieller. It has no 0 in it
// exactly where the paired t-test says that a and b differ: how uncertain the expert's gain is widens
// the interval, and decides nothing. Of few yes/no answers that differ, t is too sure (four to none
// of a hundred is 2.0 standard errors, and comes up once in sixteen times): there the interval holds
// that of the exact test too.
//
// The mean of K differences is that of independent estimates, and its bounds are by
// stats.Mover, since Fieller's are not symmetric.
//
// The least over tasks is another matter: the two least shares may be of two tasks, and each is
// chosen by the same scores by which it is measured. Of several tasks on which b is as bad, the
// unluckiest counts, so that a looks better than b, though no more than b does beside a. What is
// true of the numbers themselves is
//
//	min aₖ − min bⱼ = min over k of max over j of (aₖ − bⱼ)
//
// Let Lₖⱼ be a lower bound of aₖ − bⱼ that is too high with a probability of at most εₖⱼ. Then
// min over k of max over j of Lₖⱼ is a lower bound of the whole that is too high with a probability
// of at most Σⱼ εₖⱼ, for the k on which a truly is worst:
//
//   - The least over k needs no correction. For the bound to be too high, that of the true k must
//     be (intersection–union; Berger, "Multiparameter hypothesis testing and acceptance
//     sampling", 1982).
//   - The most over j does: it is too high if any Lₖⱼ is (Bonferroni's inequality). The Lₖⱼ cannot be
//     taken for the j alone on which b was measured to be worst. Where b is equally bad on three
//     tasks, and a as bad on one and better on two, that calls a better in 6 % of cases instead of 2.5 %.
//
// Half of what may be missed goes to j = k, which is paired and nearly always the one that decides; the
// other half to the K − 1 others. The upper bound is that of b − a. All of this holds for any number
// of tasks and any correlation of their errors; only where two tasks' documents depend on each other
// negatively is the interval of aₖ − bⱼ, j ≠ k, which takes them to be independent, too narrow.
// The price is that a candidate which is as much better on all of K tasks is called better
// less often than on one, as with any gate on the worst.
package evaluate
