//go:build amd64.v3 || !amd64

package lowrank

// fused tells that the compiler may fuse products and sums into one rounding.
const fused = "+fused"
