package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Scoring is a command that a run starts, or has run.
type Scoring struct {
	Stage   string        `json:"stage"`
	Adapter string        `json:"adapter"`
	Tasks   []string      `json:"tasks"`
	Done    bool          `json:"done"`
	Took    time.Duration `json:"nanoseconds,omitempty"`
}

// call is one command on one adapter.
type call struct {
	of     *scoredStage
	group  *group
	sub    *subject
	tasks  []int      // of the group
	others []*subject // of the same digest, which have the same scores
}

// measure runs the commands for all scores that are missing. What has been measured is kept at
// once, so that an interrupted run goes on where it stopped.
func (s *scores) measure(ctx context.Context, below string) error {
	measured := make(map[digest.Digest]*evaluate.Score) // by an earlier stage
	for _, one := range s.all {
		var mu sync.Mutex // of the subjects' scores
		one.each(func(sub *subject, task *stages.Task, d digest.Digest) {
			if sub.scores[task.Name] == nil && measured[d] != nil {
				sub.scores[task.Name] = measured[d]
			}
		})
		group, running := errgroup.WithContext(ctx)
		group.SetLimit(max(1, one.Asked.Parallel))
		for _, t := range one.calls() {
			group.Go(func() error {
				if err := running.Err(); err != nil {
					return err // another one failed
				}
				return s.try(running, t, below, &mu)
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		one.each(func(sub *subject, task *stages.Task, d digest.Digest) { measured[d] = sub.scores[task.Name] })
	}
	return ctx.Err()
}

// each visits what is to be scored.
func (s *scoredStage) each(visit func(*subject, *stages.Task, digest.Digest)) {
	for _, sub := range s.subjects() {
		for _, g := range s.groups {
			for i, task := range g.tasks {
				if s.wants(sub, task) {
					visit(sub, task, s.scoreDigest(sub, g.methods[i]))
				}
			}
		}
	}
}

// calls are the commands that are left to run, adapter by adapter.
func (s *scoredStage) calls() []*call {
	var out []*call
	for _, sub := range s.subjects() {
		for _, g := range s.groups {
			tasks := s.missing(sub, g)
			if len(tasks) == 0 {
				continue
			}
			same := func(t *call) bool {
				return t.group == g && t.sub.digest == sub.digest && !slices.ContainsFunc(tasks, func(i int) bool { return !slices.Contains(t.tasks, i) })
			}
			if at := slices.IndexFunc(out, same); at >= 0 {
				out[at].others = append(out[at].others, sub)
				continue
			}
			out = append(out, &call{of: s, group: g, sub: sub, tasks: tasks})
		}
	}
	return out
}

// try runs one command and takes the scores out of its result.
func (s *scores) try(ctx context.Context, t *call, below string, mu *sync.Mutex) error {
	values := command.Values{Adapter: t.sub.folder, Rank: t.sub.rank, Documents: t.of.ask.Documents}
	told := Scoring{Stage: t.of.ID, Adapter: t.sub.name}
	for _, i := range t.tasks {
		values.Tasks, told.Tasks = append(values.Tasks, t.group.tasks[i].ID), append(told.Tasks, t.group.tasks[i].Name)
	}
	if values.Documents != nil {
		values.Split = t.of.ask.Split
	}
	for _, sub := range t.of.compared() {
		values.MostRank = max(values.MostRank, sub.rank)
	}
	folder, err := os.MkdirTemp(below, "command-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	log, kept := filepath.Join(folder, "log"), s.logFor(folder)
	s.tell(told)
	out, err := command.Run(ctx, command.Job{Command: t.group.command, At: t.group.at, Values: values, Dir: osfile.Abs(t.of.Spec().Dir), Scratch: folder, Log: log, LogKept: kept,
		Now: func() time.Time { return time.Unix(0, s.options.Clock()) }})
	if err != nil && ctx.Err() == nil {
		return keepLog(log, kept, err)
	}
	if err != nil {
		return err
	}
	told.Done, told.Took = true, out.Took
	s.tell(told)
	if failed := s.take(t, out, mu); failed != nil {
		return keepLog(log, kept, failed.Mend(failed.Remedy+"; what the evaluator printed is in "+kept))
	}
	return nil
}

// logFor is where the log of a command that has failed is kept, by the folder that it ran with, which has a
// name of its own.
func (s *scores) logFor(folder string) string {
	return filepath.Join(cmp.Or(s.options.Scratch, os.TempDir()), fmt.Sprintf("loramerge-evaluator-%d-%s.log", os.Getpid(), filepath.Base(folder)))
}

// keepLog saves the log of what has failed from the end of the run.
func keepLog(log, kept string, failed error) error {
	if err := os.Rename(log, kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(failed, fmt.Errorf("the evaluator's log: %w", err))
	}
	return failed
}

// take takes the scores out of a result. A score that can't be taken does not keep the others
// from being kept.
func (s *scores) take(t *call, out command.Output, mu *sync.Mutex) (failed *fault.Fault) {
	for _, i := range t.tasks {
		task := t.group.tasks[i]
		m, err := out.Result.Measure(task.ID, task.Metric)
		if err != nil {
			if failed == nil {
				failed = fault.At(task.At, "what the evaluator wrote for task %q and adapter %q", task.Name, t.sub.name).Because(fault.Unplaced(err))
			}
			continue
		}
		if task.Direction != "" {
			m.Direction = results.Direction(task.Direction)
		}
		score := &evaluate.Score{Digest: t.of.scoreDigest(t.sub, t.group.methods[i]), Method: t.group.methods[i], Metric: task.Metric, Split: t.of.split(), Measurement: *m}
		score.File = ""
		s.store.keep(score)
		s.store.remember(tasksKey(t), out.Took)
		mu.Lock()
		for _, sub := range append([]*subject{t.sub}, t.others...) {
			sub.scores[task.Name] = score
		}
		t.of.counts.Measured++
		mu.Unlock()
		if failed == nil && m.Direction == results.Unstated {
			failed = evaluate.Undirected(task)
		}
	}
	return failed
}

// tasksKey stands for all the methods of a call, by which its duration is remembered.
func tasksKey(t *call) digest.Digest {
	d := digest.Describe("trial")
	for _, i := range t.tasks {
		d.Digests(t.group.methods[i])
	}
	return d.Sum()
}

func (s *scores) tell(now Scoring) {
	s.telling.Lock()
	defer s.telling.Unlock()
	if s.options.Scoring != nil {
		s.options.Scoring(now)
	}
}

// listed are names for a message.
func listed(names []string) string { return recipe.List(names) }

// folderFor is where a subject is written before its digest is known.
func folderFor(below string, place int, name string) string {
	return filepath.Join(below, fmt.Sprint(place), strings.ReplaceAll(name, "/", "-"))
}
