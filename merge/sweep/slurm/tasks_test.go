package slurm_test

import (
	"slices"
	"testing"

	"github.com/loramerge/loramerge/merge/sweep/slurm"
)

// TestParse: lines as sacct -n -P -X -o JobID,State,ExitCode prints them where accounts are kept, and as
// squeue --array --format='%i|%T' does. https://slurm.schedmd.com/sacct.html, https://slurm.schedmd.com/squeue.html
func TestParse(t *testing.T) {
	for name, row := range map[string]struct {
		text string
		want []slurm.Task
	}{
		"done":             {"7_0|COMPLETED|0:0\n7_1|FAILED|3:0\n", []slurm.Task{{0, "COMPLETED", "0:0"}, {1, "FAILED", "3:0"}}},
		"waiting together": {"7_0|RUNNING|0:0\n7_[1,3-4%2]|PENDING|0:0\n", []slurm.Task{{0, "RUNNING", "0:0"}, {1, "PENDING", "0:0"}, {3, "PENDING", "0:0"}, {4, "PENDING", "0:0"}}},
		"with a step":      {"7_[0-4:2]|PENDING|0:0\n", []slurm.Task{{0, "PENDING", "0:0"}, {2, "PENDING", "0:0"}, {4, "PENDING", "0:0"}}},
		"cancelled":        {"7_2|CANCELLED by 1000|0:0\n7_3|CANCELLED+|0:15\n", []slurm.Task{{2, "CANCELLED", "0:0"}, {3, "CANCELLED", "0:15"}}},
		"lost":             {"7_0|NODE_FAIL|1:0\n7_1|TIMEOUT|0:0\n7_2|OUT_OF_MEMORY|0:125\n", []slurm.Task{{0, "NODE_FAIL", "1:0"}, {1, "TIMEOUT", "0:0"}, {2, "OUT_OF_MEMORY", "0:125"}}},
		"no array":         {"7|RUNNING|0:0\n", []slurm.Task{{-1, "RUNNING", "0:0"}}},
		"squeue":           {"7_0|PENDING\n7_1|COMPLETING\n", []slurm.Task{{0, "PENDING", ""}, {1, "COMPLETING", ""}}},
		"nothing":          {"\n", nil},
	} {
		got, err := slurm.Parse(row.text, "7")
		if err != nil || !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, %v\nnot %v", name, got, err, row.want)
		}
	}
	for _, text := range []string{"8_0|RUNNING", "7_0", "7_x|RUNNING", "7_[1-|RUNNING", "7_[3-1]|RUNNING", "7_0|", "7_[0-9999999999]|RUNNING", "7_[0-4:0]|RUNNING", "slurm is down"} {
		if got, err := slurm.Parse(text, "7"); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

// TestStates: what is over, and what is over badly.
func TestStates(t *testing.T) {
	for state, want := range map[string][3]bool{ // running, ended, failed
		"PENDING": {}, "REQUEUED": {}, "SUSPENDED": {},
		"RUNNING": {true, false, false}, "COMPLETING": {true, false, false},
		"COMPLETED": {false, true, false},
		"FAILED":    {false, true, true}, "CANCELLED": {false, true, true}, "NODE_FAIL": {false, true, true}, "TIMEOUT": {false, true, true},
		"PREEMPTED": {false, true, true}, "OUT_OF_MEMORY": {false, true, true}, "BOOT_FAIL": {false, true, true}, "DEADLINE": {false, true, true},
	} {
		task := slurm.Task{State: state}
		if got := [3]bool{task.Running(), task.Ended(), task.Failed()}; got != want {
			t.Errorf("%s: running, ended, failed: %v, not %v", state, got, want)
		}
	}
}

func TestParsable(t *testing.T) {
	for text, want := range map[string]slurm.Array{
		"123\n":                         {Job: "123"},
		"123;west\n":                    {Job: "123", Cluster: "west"},
		"Your project: lab42\n123456\n": {Job: "123456"},
	} {
		var got slurm.Array
		if err := got.Parsed(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "Submitted batch job 7\n", "-7"} {
		if got := new(slurm.Array); got.Parsed(text) == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}

// FuzzParse: no list makes the reader panic, or name a task that the line does not hold.
func FuzzParse(f *testing.F) {
	f.Add("7_0|COMPLETED|0:0\n7_[1,3-4%2]|PENDING|0:0\n")
	f.Add("7|CANCELLED by 0|0:0")
	f.Add("7_[0-8:4]|RUNNING")
	f.Fuzz(func(t *testing.T, text string) {
		tasks, err := slurm.Parse(text, "7")
		for _, task := range tasks {
			if task.Index < -1 || task.State == "" || err != nil {
				t.Errorf("%q: %+v, %v", text, task, err)
			}
		}
	})
}
