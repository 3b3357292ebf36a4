//go:build amd64 && !amd64.v3

package lowrank

// fused tells that the compiler may fuse products and sums into one rounding.
const fused = ""
