package lowrank

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// TestDecomposeBytes compares the memory that is promised to be enough with what
// was seen to be in use.
func TestDecomposeBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][3]int{{2048, 1024, 128}, {128, 128, 200}, {64, 8192, 16}} {
		p := randomProduct(rng, s[0], s[2], s[1])
		requireWithin(t, fmt.Sprint("product ", s), DecomposeBytes(s[0], s[1], s[2], 2), func() error {
			d, err := Decompose(context.Background(), p, 2)
			d.Truncate(s[2])
			return err
		})
	}
	block, _ := blockFor(32, 600, 500)
	for _, s := range hardSpectra(block)[:4] { // a search as long as they get
		w := withSpectrum(rng, 600, 500, s)
		requireWithin(t, "dense "+s.name, DecomposeDenseBytes(600, 500, 32, 2), func() error {
			d, _, err := DecomposeDense(context.Background(), w, 32, 2)
			d.Truncate(32)
			return err
		})
	}
	for _, s := range [][3]int{{1024, 1024, 16}, {1024, 512, 100}, {200, 300, 150}} {
		w := randomMatrix(rng, s[0], s[1])
		requireWithin(t, fmt.Sprint("dense ", s), DecomposeDenseBytes(s[0], s[1], s[2], 2), func() error {
			d, _, err := DecomposeDense(context.Background(), w, s[2], 2)
			d.Truncate(s[2])
			return err
		})
	}
}

func requireWithin(t *testing.T, name string, bound int64, f func() error) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	runtime.GC()
	before, most, done := heap(), int64(0), make(chan error)
	go func() { done <- f() }()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			// What is allocated during a collection counts as alive: a quarter is what a
			// plan's figure may be off by.
			if most > bound+bound/4 {
				t.Errorf("%s took %d bytes, and %d are promised to be enough", name, most, bound)
			}
			return
		case <-time.After(100 * time.Microsecond):
			most = max(most, heap()-before)
		}
	}
}

// heap is what the last collection found alive. What was allocated since and dropped again
// is left out: how much that is depends on when the collector got a processor.
func heap() int64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return int64(live[0].Value.Uint64())
}
