package safetensors

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"
)

// TestSHA256IsTheFiles writes tensors in any order, halves apart and from several
// goroutines, and settles the header at any time.
func TestSHA256IsTheFiles(t *testing.T) {
	folder := t.TempDir()
	files := 0
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 7, sumBlock - 1, sumBlock, 2*sumBlock + 5}), 1, 8).Draw(t, "sizes")
		files++
		path := filepath.Join(folder, fmt.Sprint(files))
		w := described(t, path, sizes)
		order := rapid.Permutation(places(len(sizes)+1)).Draw(t, "order")
		var writers errgroup.Group
		for _, i := range order {
			writers.Go(func() error {
				if i == len(sizes) {
					return w.Describe(map[string]string{"inputs": "known"})
				}
				half := sizes[i] / 2
				if err := w.WriteAt(fmt.Sprint(i), randomBytes(i, half), 0); err != nil {
					return err
				}
				return w.WriteAt(fmt.Sprint(i), randomBytes(-i, sizes[i]-half), int64(half))
			})
		}
		if err := writers.Wait(); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := w.SHA256(), sha256.Sum256(content); got != want {
			t.Fatalf("got %x, want %x", got, want)
		}
	})
}

func described(t *rapid.T, path string, sizes []int) *Writer {
	var specs []Spec
	for i, size := range sizes {
		specs = append(specs, Spec{Name: fmt.Sprint(i), DType: U8, Shape: []int{size}})
	}
	layout, err := NewLayout(specs, map[string]string{"inputs": "....."})
	if err != nil {
		t.Fatal(err)
	}
	w, err := Create(path, layout)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func places(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func randomBytes(seed, n int) []byte {
	random := rand.New(rand.NewPCG(uint64(seed), 3))
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(random.Uint32())
	}
	return out
}

func TestSHA256BeforeClosePanics(t *testing.T) {
	w, _ := newWriter(t)
	defer func() {
		if recover() == nil {
			t.Error("there was a hash of an unfinished file")
		}
	}()
	w.SHA256()
}
