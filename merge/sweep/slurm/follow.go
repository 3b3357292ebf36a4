package slurm

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// patience is how often in a row Slurm may fail to answer: at the longest delay, half an hour.
const patience = 60

// follow waits until all tasks have ended, and returns those that Slurm has spoken of. Slurm is asked after a second, and
// ever less often: sites do not like to be asked more than twice a minute.
func (d *Driver) follow(ctx context.Context) ([]Task, error) {
	known, failures := make(map[int]Task), 0
	for delay := time.Second; ; delay = min(delay*5/4, 30*time.Second) {
		tasks, err := d.at.tasks(ctx, d.Start)
		if err != nil {
			if failures++; ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if failures == patience {
				return nil, fmt.Errorf("slurm does not say what has become of job %s: %w; run the same command again to follow it", d.at.Job, err)
			}
			d.tell(Event{Kind: Unknown, Err: err})
		} else if failures = 0; d.look(ctx, known, tasks) {
			return sorted(known), nil
		}
		if err := d.Pause(ctx, delay); err != nil {
			return nil, err
		}
	}
}

// look takes note of what Slurm says, and reports whether all tasks have ended. Slurm forgets a task some minutes after its end.
func (d *Driver) look(ctx context.Context, known map[int]Task, tasks []Task) (ended bool) {
	for index, task := range known {
		if !task.Ended() {
			delete(known, index)
		}
	}
	ended = true
	for _, task := range tasks {
		known[task.Index] = task
		ended = ended && task.Ended()
	}
	event := Event{Kind: Looked, Tasks: sorted(known)}
	if ended {
		event.Kind = Ended
	}
	if left, err := d.Left(ctx); err == nil { // otherwise it fails again where it matters
		event.Left = left
	}
	d.tell(event)
	return ended
}

func sorted(tasks map[int]Task) []Task {
	out := make([]Task, 0, len(tasks))
	for _, task := range tasks {
		out = append(out, task)
	}
	slices.SortFunc(out, func(a, b Task) int { return a.Index - b.Index })
	return out
}
