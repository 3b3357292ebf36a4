package report

import "strings"

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
