package run

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// recallSizes reads sizes that were measured in earlier runs from the cache, so that nothing is
// computed again just to be measured.
func (r *run) recallSizes(ctx context.Context) error {
	if r.keeper.cache == nil || !slices.Contains(r.keeper.kept, true) {
		return nil
	}
	for _, s := range r.sizings {
		var left []*adapter.Module
		for _, site := range stages.Sites(s.at.In[0].Union()) {
			key, err := s.digestAt(ctx, r, site)
			if err != nil {
				return err
			}
			var found measured
			if text, ok := r.keeper.get(key); ok && json.Unmarshal(text, &found) == nil && found.Count() == len(s.at.In[1].Members) && (len(found.Kept) == len(s.cuts) || !s.measuresCuts(site.Module)) {
				s.found[site.Module] = found
				continue
			}
			m, _ := s.at.In[0].Members[0].Find(site.Module)
			left = append(left, m)
		}
		s.at.In[0].Members[0].Modules, s.recorded = left, true
	}
	return nil
}

// digestAt is that of what is measured at a module.
func (s *sizing) digestAt(ctx context.Context, r *run, site recipe.Site) (digest.Digest, error) {
	c := r.computation(site)
	d := digest.Describe("size").Text(site.Module, fmt.Sprint(s.weights(site)))
	for _, slot := range s.at.Slots {
		parts, err := c.partDigests(ctx, slot)
		if err != nil {
			return digest.Digest{}, err
		}
		d.Digests(parts...)
	}
	return d.Sum(), nil
}

// keep puts what was measured at a module into the cache.
func (s *sizing) keep(ctx context.Context, r *run, site recipe.Site) error {
	if !s.recorded {
		return nil
	}
	key, err := s.digestAt(ctx, r, site)
	if err != nil {
		return err
	}
	if err := r.leaves.unchanged(); err != nil {
		return err
	}
	s.mu.Lock()
	text, err := json.Marshal(s.found[site.Module])
	s.mu.Unlock()
	if err == nil {
		r.keeper.put(key, [][]byte{text})
	}
	return nil
}
