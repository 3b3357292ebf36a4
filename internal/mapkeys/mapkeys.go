// Package mapkeys lists the keys of maps in their order, since Go visits them in none.
package mapkeys

import (
	"maps"
	"slices"
)

// Sorted lists the keys of a map.
func Sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// United lists the keys of both, each once.
func United[V any](x, y map[string]V) []string {
	return slices.Compact(slices.Sorted(func(yield func(string) bool) {
		for _, m := range []map[string]V{x, y} {
			for k := range m {
				if !yield(k) {
					return
				}
			}
		}
	}))
}
