//go:build !race

package merge_test

const underRace = false
