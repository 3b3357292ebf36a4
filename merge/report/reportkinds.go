package report

import (
	"strconv"
	"strings"
)

// patternOf takes the layer out of a module's name: its depth, the first whole number
// among the dotted parts, or -1; and the name with * in the number's place.
func patternOf(module string) (layer int, pattern string) {
	parts := strings.Split(module, ".")
	for i, part := range parts {
		if n, err := strconv.ParseUint(part, 10, 20); err == nil {
			parts[i] = "*"
			return int(n), strings.Join(parts, ".")
		}
	}
	return -1, module
}

// kindsOf gives every pattern its shortest ending in whole parts that no other
// pattern shares: q_proj in most models, encoder.q and decoder.q where there are two.
func kindsOf(patterns map[string]bool) map[string]string {
	shared := make(map[string]int)
	for pattern := range patterns {
		for _, ending := range endings(pattern) {
			shared[ending]++
		}
	}
	kinds := make(map[string]string, len(patterns))
	for pattern := range patterns {
		kinds[pattern] = pattern
		for _, ending := range endings(pattern) {
			if shared[ending] == 1 {
				kinds[pattern] = ending
				break
			}
		}
	}
	return kinds
}

// endings lists what a dotted name ends in, the shortest first.
func endings(name string) []string {
	var all []string
	for at := len(name); at >= 0; {
		at = strings.LastIndexByte(name[:at], '.')
		all = append(all, name[at+1:])
	}
	return all
}
