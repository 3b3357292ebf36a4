// Package stats has the statistics of scores: errors of means and of ratios, differences and
// quotients of scores of the same documents, and bounds for counts.
//
// An [Estimate] is a statistic of documents together with what each document contributes to its
// error, to first order (its influence function; Hampel, "The influence curve and its role in
// robust estimation", 1974). Estimates of the same documents are subtracted document by
// document, so that what the documents have in common cancels: a paired difference, which is
// several times as precise as the difference of two independent scores. Weighted means,
// clusters, strata and perplexities need no formulas of their own.
//
// The unit is the document. Documents are taken to be drawn independently of each other,
// except within a cluster.
package stats
