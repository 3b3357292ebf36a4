package sweep

import (
	"slices"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/sweep/search"
	"github.com/loramerge/loramerge/stages"
)

// extent is the documents that a rung of trials is measured on.
type extent struct {
	rung   int
	trials int
	count  int                 // documents of each task
	parts  []*stages.Documents // together all of them; the last has not been measured by the rung before. One nil for all of the split
}

// extents are those of a generation of so many trials, each with the documents of the one before and more.
func (s *sweeping) extents(trials int) (out []extent) {
	d := s.spec.Asked.Select
	if s.spec.Halving == nil {
		return []extent{{trials: trials, count: size(d), parts: []*stages.Documents{nil}}}
	}
	var before []int
	var parts []*stages.Documents
	for i, rung := range search.Rungs(trials, s.spec.Halving, size(d)) {
		now := search.Subset(s.spec.Seed, d.First, d.Last, rung.Documents)
		added := slices.DeleteFunc(slices.Clone(now), func(n int) bool {
			_, known := slices.BinarySearch(before, n)
			return known
		})
		parts = append(parts, &stages.Documents{First: d.First, Last: d.Last, Chosen: added})
		out = append(out, extent{rung: i, trials: rung.Trials, count: rung.Documents, parts: slices.Clone(parts)})
		before = now
	}
	return out
}

// key is that of scores on an extent, given that of what they depend on but the choice of documents.
func (e extent) key(made digest.Digest) digest.Digest {
	d := digest.Describe("trial").Digests(made)
	for _, part := range e.parts {
		if part != nil {
			d.Text(part.String())
		}
	}
	return d.Sum()
}
