//go:build !noasm

package lowrank

// noasm tells that gonum too was built without assembly.
const noasm = ""
