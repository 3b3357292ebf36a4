// Package adapter is a LoRA adapter in memory, whatever the format in which it is stored.
//
// An adapter is a set of modules. A module is either the pair A [r, in], B [out, r]
// of one layer, whose effect is ΔW = s·B·A, or one whole tensor: a head, a bias,
// an embedding that was trained in full and replaces the base model's. Weights are read on
// demand, as float32, in the order of rows however they are stored.
//
// A Format recognizes, opens and lays out one way of storing: each is a folder below this one
// (peft, …), and package formats is their table. Which tensors a file has, by which names and in
// which order, is a Layout; filling it is the same work for all.
//
// The package knows nothing of recipes, and no arithmetic but the decoding of
// weights to float32 and back.
package adapter
