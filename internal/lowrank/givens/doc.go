// Package givens rotates the rows of a matrix: the inner loop of the implicit QR iterations
// by which package lowrank finds singular values and eigenvalues of small matrices.
//
// A step of such an iteration rotates row i with row i+1 for each i in turn. The rotations of
// many steps are gathered in a Sweeps and applied together, a few columns at a time, while
// these are in a cache (Van Zee, van de Geijn and Quintana-Ortí, "Restructuring the tridiagonal
// and bidiagonal QR algorithms for performance", 2014).
//
// The results are the same on every processor: products are rounded before they are added, in
// Go as in the assembly for amd64 with AVX2, which ../asm generates.
package givens
