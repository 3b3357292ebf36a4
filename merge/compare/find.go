package compare

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
)

// find is what a path names: an output's folder, a recipe, or a lock.
func (c *Merges) find(ctx context.Context, path string) ([]*Merge, error) {
	found, err := c.finder.Path("", path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(found.Path)
	if err != nil {
		return nil, fault.In(path, "cannot be read").Because(err).Mend("name recipes that were run, or outputs of them")
	}
	if info.IsDir() {
		return c.output(ctx, found.Path)
	}
	source, err := osfile.ReadUpTo(path, 4<<20)
	if err != nil {
		return nil, fault.In(path, "cannot be read").Because(err).Mend("name recipes that were run, or outputs of them")
	}
	lock := path
	if !lockfile.Is(source) {
		if _, err := plan.ReadRecipe(path); err != nil {
			return nil, err
		}
		lock = lockfile.Path(path)
	}
	return c.locked(ctx, path, lock)
}

// locked are the merges of a lock: each candidate that was scored, or else each output.
func (c *Merges) locked(ctx context.Context, name, path string) ([]*Merge, error) {
	lock, err := lockfile.Read(path)
	if err != nil {
		return nil, err
	}
	if lock == nil {
		return nil, fault.In(name, "was not run yet: there is no lock %s", path).Mend("run the recipe first, or name the outputs' folders")
	}
	outputs, err := c.weights(ctx, name, path, lock)
	if err != nil {
		return nil, err
	}
	scores, err := evaluate.ReadLocked(path)
	if err != nil {
		return nil, err
	}
	all, err := c.candidates(name, path, scores, lock, outputs)
	if err != nil || len(all) > 0 {
		return all, err
	}
	for _, stage := range mapkeys.Sorted(outputs) {
		m := &Merge{Name: name, Weights: outputs[stage]}
		if len(outputs) > 1 {
			m.Name += ": " + stage
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		c.unknown = append(c.unknown, fault.In(name, "its lock has no scores, and its outputs are not those that it pins").Mend("run the recipe again"))
	}
	return all, nil
}

// weights are those of the outputs that are what a lock pins.
func (c *Merges) weights(ctx context.Context, name, path string, lock *lockfile.Lock) (map[string]*Weights, error) {
	outputs := make(map[string]*Weights)
	for _, stage := range mapkeys.Sorted(lock.Outputs) {
		pinned := lock.Outputs[stage]
		folder := filepath.Join(filepath.Dir(path), filepath.FromSlash(pinned.Path))
		_, files := formats.Find(folder)
		sum, err := plan.FreshHashes{}.Hash(ctx, files.Weights)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && name == path: // a lock of elsewhere has scores, and no outputs
			continue
		case err != nil:
			c.note("%s: %s is not there, so nothing is said of its weights", name, filepath.ToSlash(folder))
			continue
		case sum.String() != pinned.Weights:
			c.note("%s: %s is not what the lock pins, so nothing is said of its weights", name, filepath.ToSlash(folder))
			continue
		}
		if outputs[stage], err = weigh(ctx, folder, c.finder); err != nil {
			return nil, err
		}
	}
	return outputs, nil
}

// candidates are those that a lock has scores of.
func (c *Merges) candidates(name, path string, locked *evaluate.Locked, lock *lockfile.Lock, outputs map[string]*Weights) ([]*Merge, error) {
	var all []*Merge
	for _, stage := range locked.Stages() {
		scores := locked.Stage(stage)
		asked := scores.Asked(c.Confidence)
		judged, err := evaluate.Judge(asked, scores, nil)
		if err != nil {
			return nil, fault.In(path, "stage %s", stage).Because(fault.List(err)[0])
		}
		for _, t := range judged.Tasks {
			if !slices.Contains(c.Tasks, t.Name) {
				c.Tasks = append(c.Tasks, t.Name)
				c.directions[t.Name] = t.Direction
			}
		}
		for _, note := range judged.Notes {
			c.note("%s: %s", name, note)
		}
		for i, candidate := range scores.Candidates {
			m := &Merge{Name: name, Lock: filepath.ToSlash(path), Scores: judged.Candidates[i], Tasks: judged.Tasks, stage: stage, scored: candidate}
			if len(locked.Stages()) > 1 {
				m.Name += ": " + stage
			}
			if len(scores.Candidates) > 1 {
				m.Name += ": " + candidate.Name
			}
			m.Weights = madeOf(candidate.Name, len(scores.Candidates), lock, outputs)
			all = append(all, m)
		}
	}
	return all, nil
}

// madeOf is the output that a candidate was saved to: by its name in the recipe, or the only one of
// the only one.
func madeOf(candidate string, candidates int, lock *lockfile.Lock, outputs map[string]*Weights) *Weights {
	for _, stage := range mapkeys.Sorted(outputs) {
		if w := outputs[stage]; w.saved == candidate || (candidates == 1 && len(lock.Outputs) == 1) {
			return w
		}
	}
	return nil
}

// output is an adapter's folder, with its scores if a lock beside its recipe pins its very bytes.
func (c *Merges) output(ctx context.Context, folder string) ([]*Merge, error) {
	w, err := weigh(ctx, folder, c.finder)
	if err != nil {
		return nil, err
	}
	m := &Merge{Name: filepath.ToSlash(filepath.Clean(folder)), Weights: w}
	path, stage, err := lockOf(ctx, folder)
	if err != nil || path == "" {
		return []*Merge{m}, err
	}
	lock, err := lockfile.Read(path)
	if err != nil {
		return nil, err
	}
	scores, err := evaluate.ReadLocked(path)
	if err != nil {
		return nil, err
	}
	scored, err := c.candidates(m.Name, path, scores, lock, map[string]*Weights{stage: w})
	if err != nil {
		return nil, err
	}
	of := slices.DeleteFunc(slices.Clone(scored), func(s *Merge) bool { return s.Weights == nil })
	if len(of) != 1 {
		if len(scored) > 0 {
			m.unclear = true
			c.note("%s: %s has scores of several adapters, and does not say which of them this is", m.Name, filepath.ToSlash(path))
		}
		return []*Merge{m}, nil
	}
	scored = of
	scored[0].Name = m.Name
	return scored, nil
}

// lockOf looks for the lock that pins an output, in the folder where its recipe was.
func lockOf(ctx context.Context, folder string) (path, stage string, err error) {
	opened, err := formats.Open(folder)
	if err != nil {
		return "", "", err
	}
	defer opened.Close()
	from, known := opened.Metadata()[plan.MetaFrom]
	if !known {
		return "", "", nil
	}
	sum, err := plan.FreshHashes{}.Hash(ctx, opened.Files.Weights)
	if err != nil {
		return "", "", fault.In(folder, "").Because(err)
	}
	beside := filepath.Join(opened.Folder(), filepath.FromSlash(from))
	entries, err := os.ReadDir(beside)
	if err != nil {
		return "", "", nil // the recipe's folder is elsewhere
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), lockfile.Ending) {
			continue
		}
		path := filepath.Join(beside, entry.Name())
		lock, err := lockfile.Read(path)
		if err != nil || lock == nil {
			continue // somebody else's
		}
		for _, stage := range mapkeys.Sorted(lock.Outputs) {
			if lock.Outputs[stage].Weights == sum.String() {
				return path, stage, nil
			}
		}
	}
	return "", "", nil
}

func (c *Merges) note(format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}
