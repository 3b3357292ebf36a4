//go:build race

package merge_test

// underRace tells that pools forget at random what they are given, and so allocate more.
const underRace = true
