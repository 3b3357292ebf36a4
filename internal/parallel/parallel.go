// Package parallel shares loops among goroutines in a way that leaves no trace
// in the results.
package parallel

import (
	"runtime"
	"sync"
)

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

// Each calls do for every i in [0, n), on as many goroutines as there are processors, and
// returns when all calls have.
func Each(n int, do func(i int)) {
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	wg.Wait()
}
