package run

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/evaluate"
)

// scoreStore is what the cache holds of scores: each under its digest, the digest of each
// adapter that was shown under that of what it is made from, and how long each method took.
type scoreStore struct {
	cache  *cache.Cache // nil for none
	mu     sync.Mutex
	failed error // the first that could not be kept
}

func openScores(options Options) *scoreStore {
	if options.CacheMode == CacheOff {
		return &scoreStore{}
	}
	return &scoreStore{cache: options.Cache}
}

func (s *scoreStore) get(key digest.Digest) []byte {
	if s.cache == nil {
		return nil
	}
	data, ok := s.cache.Get(key, func(size int64) []byte { return make([]byte, size) })
	if !ok {
		return nil
	}
	return data
}

func (s *scoreStore) put(key digest.Digest, data []byte) {
	if s.cache == nil {
		return
	}
	err := s.cache.Put(key, data)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil && err != nil {
		s.failed = fmt.Errorf("the cache can't keep scores, which other runs will measure anew: %w", err)
	}
}

// score is one that the cache holds; what can't be read is measured anew.
func (s *scoreStore) score(d digest.Digest) *evaluate.Score {
	data := s.get(d)
	if data == nil {
		return nil
	}
	kept, err := evaluate.Decode("the cache", data)
	if err != nil {
		return nil
	}
	return kept.Score(d)
}

func (s *scoreStore) keep(score *evaluate.Score) { s.put(score.Digest, evaluate.Encode(score)) }

func tookKey(method digest.Digest) digest.Digest {
	return digest.Describe("took").Digests(method).Sum()
}

// took is how long a method took last time, or 0.
func (s *scoreStore) took(method digest.Digest) time.Duration {
	ns, _ := strconv.ParseInt(string(s.get(tookKey(method))), 10, 64)
	return time.Duration(max(0, ns))
}

func (s *scoreStore) remember(method digest.Digest, took time.Duration) {
	s.put(tookKey(method), strconv.AppendInt(nil, int64(took), 10))
}
