package sweep

import (
	"maps"
	"sync"

	"github.com/loramerge/loramerge/internal/digest"
)

// shared finds out which results several plans have, so that each is computed once. A plan that is
// another one's equal shares all of it, which costs no more than to keep its last result.
type shared struct {
	mu   sync.Mutex
	seen map[digest.Digest]bool // and whether more than once
}

func (s *shared) add(results []digest.Digest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = make(map[digest.Digest]bool)
	}
	for _, d := range results {
		_, again := s.seen[d]
		s.seen[d] = again
	}
}

// known are those of all plans so far.
func (s *shared) known() map[digest.Digest]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.seen)
}
