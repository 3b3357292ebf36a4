// Package compare compares adapters. [Adapters] reports how far two of them are apart, module by
// module: cosine, distance and opposite signs of their ΔW, which are never made dense as a whole.
// [Of] compares several merges: their scores, where their locks have some, and what their weights
// have of the adapters that they were made of.
package compare
