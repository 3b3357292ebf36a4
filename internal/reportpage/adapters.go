package reportpage

import (
	"math"
	"slices"
	"strconv"
)

// Unrelated is the alignment 1/√n of adapters that have nothing to do with each other.
func (d *Data) Unrelated() string {
	return strconv.FormatFloat(1/math.Sqrt(float64(max(1, len(d.Adapters)))), 'f', 2, 64)
}

// HasCut reports whether the result has no room for the whole of some adapter.
func (d *Data) HasCut() bool {
	const rounding = 1e-4
	return slices.ContainsFunc(d.Adapters, func(a Adapter) bool { return a.KeptByCut < 1-rounding })
}

// HasConflict reports whether there were others to conflict with.
func (d *Data) HasConflict() bool {
	return slices.ContainsFunc(d.Adapters, func(a Adapter) bool { return a.Conflict.Defined() })
}

// HasScores reports whether it is known what was recovered of some task.
func (d *Data) HasScores() bool {
	return slices.ContainsFunc(d.Adapters, func(a Adapter) bool { return a.Recovered != "" })
}
