package tensorfile

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"
	"sync"
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
	hashed int64 // bytes of the file that are
	sent   int64 // bytes of the file that the system was asked to write
	failed error
}

// SHA256 is that of the whole file, after a Describe and a Close that succeeded.
// It panics before.
func (w *Writer) SHA256() [sha256.Size]byte {
	if !w.settled || w.sum.hash == nil {
		panic("tensorfile: SHA256 of a file that was not described and closed")
	}
	return [sha256.Size]byte(w.sum.hash.Sum(nil))
}

func (w *Writer) begin(header []byte) {
	w.sum.mu.Lock()
	defer w.sum.mu.Unlock()
	w.header = header
	w.sum.hash, w.sum.next, w.sum.block = sha256.New(), 0, make([]byte, sumBlock)
	w.sum.hash.Write(header)
	w.sum.hashed = int64(len(header))
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
	if w.sum.hash != nil && w.sum.failed == nil {
		w.sum.add(w.file, w.layout.Size())
	}
	return w.sum.failed
}

func (w *Writer) advance() {
	s := &w.sum
	for s.hash != nil && s.failed == nil && s.next < len(w.written) && w.whole(s.next) {
		s.add(w.file, int64(len(w.header))+w.layout.Place(s.next).End)
		if s.hashed-s.sent >= sendBlock {
			startWriting(w.file, s.sent, s.hashed-s.sent)
			s.sent = s.hashed
		}
		s.next++
	}
}

// add hashes the file up to a place, with the zeros that lie before a tensor.
func (s *sum) add(file *os.File, end int64) {
	n, err := io.CopyBuffer(s.hash, readerOnly{io.NewSectionReader(file, s.hashed, end-s.hashed)}, s.block)
	if err == nil && n != end-s.hashed {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		s.failed = fmt.Errorf("%s: reading back what was written: %w", file.Name(), err)
	}
	s.hashed = end
}

func (w *Writer) whole(i int) bool { return w.written[i].Load() == w.layout.Place(i).size() }

// readerOnly hides what else a reader can do: io.CopyBuffer would not use the buffer.
type readerOnly struct{ io.Reader }
