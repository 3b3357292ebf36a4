package safetensors

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/loramerge/loramerge/internal/fault"
)

// sumBlock is how many bytes are read back at a time, to be hashed while they are at hand.
const sumBlock = 256 << 10

// sendBlock is how many bytes the system is asked to write at a time: every request costs
// whoever makes it, and small ones more than they save the sync at the end.
const sendBlock = 16 << 20

// A sum is the SHA-256 of a file that is being written. It follows the tensors that are whole,
// in the order of the file, so that little is left to hash once the last one came.
type sum struct {
	mu     sync.Mutex // held by whoever hashes, for all that write
	hash   hash.Hash  // nil until the header is settled
	block  []byte
	next   int   // the first tensor that is not in the hash
	sent   int64 // bytes of the file that the system was asked to write
	failed error
}

// SHA256 is that of the whole file, after a Describe and a Close that succeeded.
// It panics before.
func (w *Writer) SHA256() [sha256.Size]byte {
	if !w.settled || w.sum.hash == nil {
		panic("safetensors: SHA256 of a file that was not described and closed")
	}
	return [sha256.Size]byte(w.sum.hash.Sum(nil))
}

func (w *Writer) begin(header []byte) {
	w.sum.mu.Lock()
	defer w.sum.mu.Unlock()
	w.header = header
	w.sum.hash, w.sum.next, w.sum.block = sha256.New(), 0, make([]byte, sumBlock)
	w.sum.hash.Write(header)
}

// follow hashes what has become whole, unless somebody else is at it: then that one
// or the next to come hashes it.
func (w *Writer) follow() {
	if w.sum.mu.TryLock() {
		defer w.sum.mu.Unlock()
		w.advance()
	}
}

// finishSum hashes the rest. Every tensor is whole.
func (w *Writer) finishSum() error {
	w.sum.mu.Lock()
	defer w.sum.mu.Unlock()
	w.advance()
	return w.sum.failed
}

func (w *Writer) advance() {
	s := &w.sum
	for s.hash != nil && s.failed == nil && s.next < len(w.written) && w.whole(s.next) {
		t := w.layout.tensors[s.next]
		start := int64(len(w.header)) + t.Begin
		n, err := io.CopyBuffer(s.hash, readerOnly{io.NewSectionReader(w.file, start, t.Size())}, s.block)
		if err == nil && n != t.Size() {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			s.failed = fmt.Errorf("%s: reading back tensor %s: %w", w.path, fault.Quote(t.Name), err)
		}
		if end := start + t.Size(); end-s.sent >= sendBlock {
			startWriting(w.file, s.sent, end-s.sent)
			s.sent = end
		}
		s.next++
	}
}

func (w *Writer) whole(i int) bool { return w.written[i].Load() == w.layout.tensors[i].Size() }

// readerOnly hides what else a reader can do: io.CopyBuffer would not use the buffer.
type readerOnly struct{ io.Reader }
