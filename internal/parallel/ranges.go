// Package parallel shares loops among goroutines in a way that leaves no trace
// in the results.
package parallel

import "sync"

// Ranges calls do on at most workers ranges that cover [0, n), all but the last
// bound at multiples of unit, and returns when all calls have. workers below 1
// count as 1.
func Ranges(n, unit, workers int, do func(from, to int)) {
	if n <= 0 {
		return
	}
	workers = max(1, workers)
	units := (n + unit - 1) / unit
	step := unit * ((units + workers - 1) / workers)
	var wg sync.WaitGroup
	for from := step; from < n; from += step {
		wg.Go(func() { do(from, min(from+step, n)) })
	}
	do(0, min(step, n))
	wg.Wait()
}
