package tensorfile

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"
)

// layout is that of tensors of some sizes, named 0, 1, …, each with zeros behind it up to a
// multiple of the alignment.
type layout struct {
	header []byte
	places []Place
	size   int64
}

func newLayout(header string, align int, sizes ...int) *layout {
	l := &layout{header: []byte(header)}
	at := 0
	for i, size := range sizes {
		l.places = append(l.places, Place{strconv.Itoa(i), int64(at), int64(at + size)})
		at = (at + size + align - 1) / align * align
	}
	l.size = int64(len(header) + at)
	return l
}

func (l *layout) Header() []byte    { return l.header }
func (l *layout) Places() int       { return len(l.places) }
func (l *layout) Place(i int) Place { return l.places[i] }
func (l *layout) Size() int64       { return l.size }
func (l *layout) Find(name string) (int, bool) {
	i, err := strconv.Atoi(name)
	return i, err == nil && i >= 0 && i < len(l.places)
}

// TestSHA256IsTheFiles writes tensors in any order, halves apart and from several
// goroutines, and settles the header at any time.
func TestSHA256IsTheFiles(t *testing.T) {
	folder := t.TempDir()
	files := 0
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 7, sumBlock - 1, sumBlock, 2*sumBlock + 5}), 1, 8).Draw(t, "sizes")
		align := rapid.SampledFrom([]int{1, 32, 4096}).Draw(t, "alignment")
		files++
		path := filepath.Join(folder, fmt.Sprint(files))
		w, err := Create(path, newLayout(".....", align, sizes...))
		if err != nil {
			t.Fatal(err)
		}
		order := rapid.Permutation(upTo(len(sizes)+1)).Draw(t, "order")
		var writers errgroup.Group
		for _, i := range order {
			writers.Go(func() error {
				if i == len(sizes) {
					w.Settle([]byte("known"))
					return nil
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
		if !bytes.HasPrefix(content, []byte("known")) || int64(len(content)) != w.layout.Size() {
			t.Fatalf("%d bytes that begin with %q, want %d", len(content), content[:5], w.layout.Size())
		}
		if got, want := w.SHA256(), sha256.Sum256(content); got != want {
			t.Fatalf("got %x, want %x", got, want)
		}
	})
}

func upTo(n int) []int {
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
	w, err := Create(filepath.Join(t.TempDir(), "x"), newLayout("header", 1, 3))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	defer func() {
		if recover() == nil {
			t.Error("there was a hash of an unfinished file")
		}
	}()
	w.SHA256()
}

func TestUnfinishedFileHasNoHeader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	w, err := Create(path, newLayout("header", 1, 3))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if err := w.WriteAt("0", []byte{1, 2, 3}, 0); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := append(make([]byte, 6), 1, 2, 3); !bytes.Equal(got, want) {
		t.Errorf("the file holds %v, want %v", got, want)
	}
}
