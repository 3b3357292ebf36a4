// Package lowrank computes with LoRA deltas held as products of thin matrices,
// ΔW = B·A with B [out, k] and A [k, in], and brings dense deltas back to that
// form.
//
// What lives here: inner products, norms, angles and distances of deltas that
// never become dense (Inner, Norm, Distance, Gram), exact sums by
// concatenation (Concat), the dense form (Dense), singular value
// decompositions of products (Decompose, DecomposeLeading) and of dense matrices
// (DecomposeDense), optimal recompression (SVD.Truncate), and the choice of a
// rank (SharedBudget). The matrix multiplication they all
// rest on is in the package gemm below this one, the rotations of small decompositions in givens.
//
// Wherever a number of workers is asked for, 1 is right for a caller that works
// on several modules side by side. It bounds the goroutines of the large products;
// gonum may start more for small matrices of some hundred rows.
//
// What does not: files, module names, alpha and dtypes other than float32
// (package adapter), what works element by element (package kernels), and the
// decision which adapters are merged how (package stages). A scale α/r is the
// caller's: fold it into B, or pass it as a weight of Concat.
//
// Results never depend on the number of workers. They may depend on the class
// of processor and build, which Class names; Inner, Norm and Gram do
// not even on that.
//
// A wrong shape is a programmer's mistake and panics. NaN and ±Inf in a matrix
// are data: the decompositions return ErrNotFinite, everything else carries
// them on as IEEE 754 does.
package lowrank
