// Package parallel shares loops among goroutines in a way that leaves no trace
// in the results.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
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
// returns when all calls have. Each goroutine takes the next i that none has, since some calls
// take far longer than others; one goroutine a call would grow a stack for each.
func Each(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}
