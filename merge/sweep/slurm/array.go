package slurm

import (
	"context"
	"fmt"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
)

// Array is what was submitted.
type Array struct {
	Name    string `json:"name"`              // of the job, given to no other
	Job     string `json:"job,omitempty"`     // its number; empty before sbatch has told it
	Cluster string `json:"cluster,omitempty"` // where sbatch chose among several
	Tasks   int    `json:"tasks"`             // 0 for a job that is no array
}

// parsed reads what `sbatch --parsable` prints: JOB or JOB;CLUSTER. A site's sbatch may print lines of
// its own before.
func (a *Array) parsed(text string) error {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	job, cluster, _ := strings.Cut(strings.TrimSpace(lines[len(lines)-1]), ";")
	if !isNumber(job) {
		return fmt.Errorf("sbatch did not print the number of a job, but %q", text)
	}
	a.Job, a.Cluster = job, cluster
	return nil
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func (a Array) String() string {
	switch {
	case a.Job == "":
		return "the job " + a.Name
	case a.Tasks == 0:
		return "job " + a.Job + ", for the answer,"
	default:
		return "job " + a.Job + ", of " + printable.Count(a.Tasks, "task") + ","
	}
}

// Cancel is the command that ends all tasks.
func (a Array) Cancel() []string {
	if a.Job == "" {
		return a.on("scancel", "--name="+a.Name)
	}
	return a.on("scancel", a.Job)
}

// on is a command of Slurm for the array's cluster.
func (a Array) on(program string, args ...string) []string {
	words := []string{program}
	if a.Cluster != "" {
		words = append(words, "--clusters="+a.Cluster)
	}
	return append(words, args...)
}

// Start starts a program of Slurm and returns what it prints. An error says what it said on stderr.
type Start func(ctx context.Context, words []string) (string, error)

// tasks asks Slurm for the tasks it knows. Where sacct knows nothing, squeue is asked, which knows those that have not
// ended or did so in the last minutes: a Slurm may keep no accounts, and they come late. None, without an error: Slurm
// knows the job no more.
func (a Array) tasks(ctx context.Context, start Start) ([]Task, error) {
	text, err := start(ctx, a.on("sacct", "-n", "-P", "-X", "-j", a.Job, "-o", "JobID,State,ExitCode"))
	if err == nil && strings.TrimSpace(text) != "" {
		return parse(text, a.Job)
	}
	text, err = start(ctx, a.on("squeue", "--noheader", "--array", "--states=all", "--jobs="+a.Job, "--format=%i|%T"))
	if err != nil {
		if ctx.Err() == nil && strings.Contains(err.Error(), "Invalid job id") {
			return nil, nil
		}
		return nil, err
	}
	return parse(dropHeading(text), a.Job)
}

// dropHeading leaves out squeue's `CLUSTER: name`, which --noheader does not.
func dropHeading(text string) string {
	if heading, rest, found := strings.Cut(text, "\n"); found && strings.HasPrefix(heading, "CLUSTER: ") {
		return rest
	}
	return text
}

// find asks for the number of an array that was submitted by a driver that ended before it knew it.
func (a *Array) find(ctx context.Context, start Start) (found bool, err error) {
	text, err := start(ctx, []string{"squeue", "--noheader", "--states=all", "--name=" + a.Name, "--format=%F"})
	if err != nil || strings.TrimSpace(text) == "" {
		return false, err
	}
	job, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return true, a.parsed(job)
}
