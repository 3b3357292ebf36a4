package parallel

import (
	"runtime"
	"sync"
)

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
