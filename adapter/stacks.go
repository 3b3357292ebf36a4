package adapter

import (
	"runtime"
	"slices"
	"sync"
)

// stacks takes tensors apart whose elements take turns in one that is stored, and keeps the
// last few: read for each part alone, a stack of a hundred experts would be read a hundred times.
type stacks struct {
	mu   sync.Mutex
	held []*stack // the one that was asked for last comes last
}

// stack is a stored tensor, taken apart.
type stack struct {
	name  string
	many  int
	once  sync.Once
	parts []byte // one after the other
	err   error
}

// mostHeld is how many stacks of so many parts are held: modules in progress lie in two of them, and
// in more where a stack has fewer parts than there are processors.
func mostHeld(many int) int { return 2 + runtime.GOMAXPROCS(0)/many }

// part gives the bytes of a tensor that has a turn, element by element.
func (s *stacks) part(from Store, t Tensor) ([]byte, error) {
	whole := s.find(t)
	whole.once.Do(func() { whole.parts, whole.err = takeApart(from, t) })
	if whole.err != nil {
		s.forget(whole)
		return nil, Readable(from.Path(), whole.err)
	}
	size := len(whole.parts) / t.turn().many
	return whole.parts[t.turn().at*size:][:size], nil
}

func (s *stacks) find(t Tensor) *stack {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.held, func(h *stack) bool { return h.name == t.stored().Name && h.many == t.turn().many })
	found := &stack{name: t.stored().Name, many: t.turn().many}
	if at >= 0 {
		found = s.held[at]
		s.held = slices.Delete(s.held, at, at+1)
	} else if len(s.held) >= mostHeld(t.turn().many) {
		s.held = slices.Delete(s.held, 0, 1)
	}
	s.held = append(s.held, found)
	return found
}

func (s *stacks) forget(damaged *stack) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = slices.DeleteFunc(s.held, func(h *stack) bool { return h == damaged })
}

// takeApart reads a stored tensor once and sorts its elements by the parts that they belong to.
func takeApart(from Store, t Tensor) ([]byte, error) {
	out := make([]byte, t.stored().Size())
	buffer := readBuffers.Get().(*[readBlock]byte)
	defer readBuffers.Put(buffer)
	width, many := t.DType.Bits()/8, t.turn().many
	// A block holds whole rounds of turns, one at least.
	round := width * many
	block := buffer[:readBlock/round*round]
	if round > readBlock {
		block = make([]byte, round)
	}
	size := len(out) / many
	for done := 0; done < len(out); done += len(block) {
		block = block[:min(len(block), len(out)-done)]
		if err := from.ReadAt(t.stored(), block, int64(done)); err != nil {
			return nil, err
		}
		first := done / many // the place of the block's first elements in each part
		for at := range many {
			copyStrided(out[at*size+first:][:len(block)/many], width, block[at*width:], round, width)
		}
	}
	return out, nil
}

// copyStrided copies elements of a width between places a stride apart, until dst is full.
func copyStrided(dst []byte, dstStride int, src []byte, srcStride, width int) {
	switch width {
	case 2:
		for i, j := 0, 0; i < len(dst); i, j = i+dstStride, j+srcStride {
			dst[i], dst[i+1] = src[j], src[j+1]
		}
	default:
		for i, j := 0, 0; i < len(dst); i, j = i+dstStride, j+srcStride {
			copy(dst[i:i+width], src[j:j+width])
		}
	}
}

// HeldBytes is the memory that tensors take at most in which modules take turns, once they are read.
func (a *Adapter) HeldBytes() int64 {
	var most int64
	for i := range a.Modules {
		for _, t := range a.Modules[i].Tensors() {
			if t.turn().many > 0 {
				most = max(most, int64(mostHeld(t.turn().many))*t.stored().Size())
			}
		}
	}
	return most
}
