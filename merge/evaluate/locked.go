package evaluate

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// Locked are the scores of a lock, with the documents that lie beside it.
type Locked struct {
	lock *lockfile.Lock
	kept *Kept // nil where the file is missing: then only values and standard errors are known
}

// ReadLocked reads a lock by its path and the scores' file beside it. It is nil where there is no
// lock. Its errors are Faults.
func ReadLocked(path string) (*Locked, error) {
	lock, err := lockfile.Read(path)
	if lock == nil || err != nil {
		return nil, err
	}
	if lock.Scores == nil {
		return &Locked{lock: lock}, nil
	}
	file := lockfile.ScoresPath(path)
	data, err := osfile.ReadUpTo(file, keptLimit+1)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Locked{lock: lock}, nil
	case err != nil:
		return nil, fault.In(file, "the scores can't be read").Because(err).Mend("restore the file from git, or move away what is in its place")
	}
	return NewLocked(lock, file, data)
}

// NewLocked is a lock with the content of its scores' file, as from git; file is the path that
// errors name. Without data only values and standard errors are known.
func NewLocked(lock *lockfile.Lock, file string, data []byte) (*Locked, error) {
	if lock.Scores == nil || data == nil {
		return &Locked{lock: lock}, nil
	}
	if got := HashOf(data); got != lock.Scores.Documents {
		return nil, fault.In(file, "the scores are not those that the lock pins: %s instead of %s", got, lock.Scores.Documents).Mend("restore both files from git, or move this one away: single documents are then not compared")
	}
	kept, err := Decode(file, data)
	if err != nil {
		return nil, err
	}
	l := &Locked{lock, kept}
	return l, lock.Scores.Each(func(keys []string, s lockfile.Score) error {
		if found := kept.Score(digestOf(s)); found == nil || found.Value != s.Value || found.N != s.N {
			return fault.At(lock.Place(keys...), "this score is not the one in %s", file).Mend("restore both files from git, or measure it anew with --reevaluate")
		}
		return nil
	})
}

// HashOf is the hash by which a lock pins its scores' file. Line ends are git's business.
func HashOf(data []byte) string {
	return digest.Digest(sha256.Sum256(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))).String()
}

// digestOf is a score's; locks are read with none that is not one.
func digestOf(s lockfile.Score) (d digest.Digest) {
	if err := d.UnmarshalText([]byte(s.Digest)); err != nil {
		panic("evaluate: " + err.Error())
	}
	return d
}

// score is what is known of a lock's.
func (l *Locked) score(s lockfile.Score) *Score {
	if found := l.kept.Score(digestOf(s)); found != nil {
		return found
	}
	out := &Score{Digest: digestOf(s), Metric: s.Metric, Split: s.Split}
	out.Value, out.SE, out.N, out.Direction, out.About = s.Value, s.SE, s.N, results.Direction(s.Better), s.About
	return out
}

// Complete reports whether the scores of single documents are there, if the lock pins any.
func (l *Locked) Complete() bool { return l == nil || l.lock.Scores == nil || l.kept != nil }

// Known is the score of that digest, or nil. What a lock pins is known, with or without its
// documents.
func (l *Locked) Known(d digest.Digest) (found *Score) {
	if l == nil {
		return nil
	}
	_ = l.lock.Scores.Each(func(_ []string, s lockfile.Score) error { // what visits here never fails
		if digestOf(s) == d {
			found = l.score(s)
		}
		return nil
	})
	return found
}

// Stage is what a stage scored, by its name; or what the only one did, since a stage may have been
// renamed. It is nil where there is no such stage.
func (l *Locked) Stage(name string) *Scores {
	if l == nil || l.lock.Scores == nil {
		return nil
	}
	stage, ok := l.lock.Scores.Stages[name]
	if !ok && len(l.lock.Scores.Stages) == 1 {
		for _, stage = range l.lock.Scores.Stages {
			ok = true
		}
	}
	if !ok {
		return nil
	}
	out := &Scores{Experts: l.adapters(stage.Experts), Candidates: l.adapters(stage.Candidates)}
	if len(stage.Base) > 0 {
		out.Base = l.adapters(map[string]map[string]lockfile.Score{"base": stage.Base})[0]
	}
	return out
}

// Stages are the names of the stages that were scored, in their order.
func (l *Locked) Stages() []string {
	if l == nil || l.lock.Scores == nil {
		return nil
	}
	return mapkeys.Sorted(l.lock.Scores.Stages)
}

func (l *Locked) adapters(m map[string]map[string]lockfile.Score) []*Scored {
	var out []*Scored
	for _, name := range mapkeys.Sorted(m) {
		s := &Scored{Name: name, Scores: make(map[string]*Score)}
		for task, score := range m[name] {
			s.Scores[task] = l.score(score)
		}
		out = append(out, s)
	}
	return out
}

// Record is what a lock pins of the scores of its stages, and the content of the file beside it.
func Record(stages map[string]*Scores) (*lockfile.Scores, []byte) {
	out := &lockfile.Scores{Stages: make(map[string]lockfile.StageScores)}
	var all []*Score
	tasks := func(s *Scored) map[string]lockfile.Score {
		m := make(map[string]lockfile.Score)
		for task, score := range s.Scores {
			all = append(all, score)
			m[task] = lockfile.Score{Value: score.Value, SE: lockedSE(score), N: score.N, Metric: score.Metric, Split: score.Split, Better: string(score.Direction), Digest: score.Digest.String(), About: score.About}
		}
		return m
	}
	adapters := func(scored []*Scored) map[string]map[string]lockfile.Score {
		m := make(map[string]map[string]lockfile.Score)
		for _, s := range scored {
			m[s.Name] = tasks(s)
		}
		return m
	}
	for name, s := range stages {
		stage := lockfile.StageScores{Experts: adapters(s.Experts), Candidates: adapters(s.Candidates)}
		if s.Base != nil {
			stage.Base = tasks(s.Base)
		}
		out.Stages[name] = stage
	}
	data := encodeWithin(keptLimit, all...)
	out.Documents = HashOf(data)
	return out, data
}

// lockedSE is the standard error in a lock: of the documents, where there are any. Four digits are
// more than it has, and do not depend on the machine.
func lockedSE(s *Score) float64 {
	se, err := strconv.ParseFloat(strconv.FormatFloat(s.figure(0.95).SE, 'g', 4, 64), 64)
	if err != nil {
		panic(fmt.Sprintf("evaluate: %v", err))
	}
	return se
}
