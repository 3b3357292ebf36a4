package slurm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Task is one task of an array as Slurm sees it.
type Task struct {
	Index int    `json:"task"`           // in the array; -1 of a job that is none
	State string `json:"state"`          // in Slurm's words: PENDING, RUNNING, COMPLETED, FAILED, TIMEOUT, NODE_FAIL, …
	Exit  string `json:"exit,omitempty"` // CODE:SIGNAL of sacct; empty where only squeue knows
}

// waiting and working are the states of a task that may still do something, with how people count it.
// https://slurm.schedmd.com/job_state_codes.html
var (
	waiting = []string{"PENDING", "CONFIGURING", "POWER_UP_NODE", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT", "SUSPENDED", "STOPPED"}
	working = []string{"RUNNING", "COMPLETING", "RESIZING", "SIGNALING", "STAGE_OUT", "EXPEDITING", "UPDATE_DB"}
)

// Ended reports whether the task does no more.
func (t Task) Ended() bool { return !slices.Contains(waiting, t.State) && !t.Running() }

// Running reports whether the task has a node.
func (t Task) Running() bool { return slices.Contains(working, t.State) }

// Failed reports whether the task ended otherwise than well.
func (t Task) Failed() bool { return t.Ended() && t.State != "COMPLETED" }

// parse reads lines `JOB_INDEX|STATE` or `JOB_INDEX|STATE|EXIT`, as sacct and squeue are asked for. Tasks
// that wait together are one line, such as `7_[2,4-7%2]|PENDING|0:0`. A state may have more to it, as
// in `CANCELLED by 1000`.
func parse(text, job string) ([]Task, error) {
	var out []Task
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		fields := strings.Split(line, "|")
		id, index, isTask := strings.Cut(fields[0], "_")
		task := Task{Index: -1}
		if len(fields) > 1 {
			state, _, _ := strings.Cut(fields[1], " ")
			task.State = strings.TrimSuffix(state, "+")
		}
		if id != job || task.State == "" {
			return nil, fmt.Errorf("slurm's list of job %s has a line that can't be read: %q", job, line)
		}
		if len(fields) > 2 {
			task.Exit = fields[2]
		}
		if !isTask {
			out = append(out, task)
			continue
		}
		indices, err := parseIndices(index)
		if err != nil {
			return nil, fmt.Errorf("slurm's list of job %s has a line that can't be read: %q", job, line)
		}
		for _, task.Index = range indices {
			out = append(out, task)
		}
	}
	return out, nil
}

// most is more than any Slurm's MaxArraySize.
const most = 4_000_001

// parseIndices reads what is behind the underscore: 3, or [2,4-7%2], where % is how many may run at once, or
// [0-8:2] with a step.
func parseIndices(text string) ([]int, error) {
	text = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	text, _, _ = strings.Cut(text, "%")
	var out []int
	for _, part := range strings.Split(text, ",") {
		part, by, stepped := strings.Cut(part, ":")
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		step := 1
		a, err := strconv.Atoi(first)
		b, err2 := strconv.Atoi(last)
		if stepped {
			var err3 error
			if step, err3 = strconv.Atoi(by); err3 != nil || step < 1 {
				return nil, strconv.ErrSyntax
			}
		}
		if err != nil || err2 != nil || a < 0 || b < a || b >= most {
			return nil, strconv.ErrSyntax
		}
		for i := a; i <= b; i += step {
			out = append(out, i)
		}
	}
	return out, nil
}
