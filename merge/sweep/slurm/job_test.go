package slurm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/merge/sweep/slurm"
)

// oddities are words that a script must hand over as they are.
var oddities = []string{
	"plain", "", "two words", "it's", `"quoted"`, "$HOME", "`id`", `back\slash`, "a;b&c|d>e", "*", "~", "!x", "#SBATCH --wrap=id",
	"tab\tbed", "line\nbroken\n#SBATCH --time=1\n", "cr\r\nlf", "é ü 漢", "-x", "--", "$(id)", "\x7f", "\\'\n", "%A %%",
}

// runScript runs a job's script with a program in its place that prints the cache's folder and its own arguments, each ended by a
// zero byte.
func runScript(t testingT, dir string, job slurm.Job, tasks int, env ...string) []string {
	job.Program = filepath.Join(dir, "lora merge's")
	if err := os.WriteFile(job.Program, []byte("#!/bin/bash\nprintf '%s\\0' \"$LORAMERGE_CACHE\" \"$@\"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	bash := exec.Command("bash", "-s")
	bash.Env, bash.Stdin = append(os.Environ(), env...), strings.NewReader(job.Script(tasks))
	out, err := bash.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, job.Script(tasks))
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// rank is what tasks of an array are told beside what all are.
var rank = map[bool][]string{true: {"--rank", "auto"}}

type testingT interface {
	Fatal(...any)
	Fatalf(string, ...any)
}

// TestScriptQuotes: a task is started with the very words that the job was given.
func TestScriptQuotes(t *testing.T) {
	needBash(t)
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom(oddities), rapid.StringOf(rapid.Rune().Filter(func(r rune) bool { return r != 0 })))
		job := slurm.Job{
			Recipe: "/" + text.Draw(t, "recipe"), Folder: "/" + text.Draw(t, "folder"), Cache: "/" + text.Draw(t, "cache"),
			Flags: rapid.SliceOfN(text, 0, 4).Draw(t, "flags"), Jobs: true,
		}
		tasks := rapid.IntRange(0, 2).Draw(t, "tasks")
		if strings.Contains(job.Script(tasks), "\r") {
			t.Fatalf("sbatch refuses carriage returns: %q", job.Script(tasks))
		}
		if lines := strings.Count(job.Script(tasks), "\n"); lines != 4 {
			t.Fatalf("%d lines, among which sbatch would look for its own: %q", lines, job.Script(tasks))
		}
		want := append([]string{job.Cache, "sweep", job.Recipe, "--folder", job.Folder}, rank[tasks > 0]...)
		want = append(want, job.Flags...)
		if got := runScript(t, dir, job, tasks); !slices.Equal(got, want) {
			t.Fatalf("%q\nnot %q", got, want)
		}
	})
}

// TestScriptJobs: a task works on as many modules as it has processors, unless it was told otherwise.
func TestScriptJobs(t *testing.T) {
	needBash(t)
	job := slurm.Job{Recipe: "/r", Folder: "/f", Cache: "/c"}
	got := runScript(t, t.TempDir(), job, 0, "SLURM_CPUS_ON_NODE=6")
	if want := []string{"/c", "sweep", "/r", "--folder", "/f", "--jobs", "6"}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

func needBash(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash")
	}
}

func TestSubmit(t *testing.T) {
	job := slurm.Job{Name: "n", Folder: "/a b/100%", Site: []string{"--gres=gpu:1", "-t", "2:00:00"}}
	for _, row := range []struct {
		tasks int
		want  []string
	}{
		{8, []string{"sbatch", "--parsable", "--job-name=n", "--array=0-7", "--output=/a b/100%%/slurm/%A_%a.log", "--gres=gpu:1", "-t", "2:00:00", "/a b/100%/slurm/script.sh"}},
		{1, []string{"sbatch", "--parsable", "--job-name=n", "--array=0-0", "--output=/a b/100%%/slurm/%A_%a.log", "--gres=gpu:1", "-t", "2:00:00", "/a b/100%/slurm/script.sh"}},
		{0, []string{"sbatch", "--parsable", "--job-name=n", "--output=/a b/100%%/slurm/%j.log", "--gres=gpu:1", "-t", "2:00:00", "/a b/100%/slurm/script.sh"}},
	} {
		if got := job.Submit(row.tasks); !slices.Equal(got, row.want) {
			t.Errorf("%d tasks: %q, not %q", row.tasks, got, row.want)
		}
	}
}

func TestJobCheck(t *testing.T) {
	workers := "`--workers` says how many tasks there are; leave it out"
	for _, row := range []struct {
		folder string
		site   []string
		want   string
	}{
		{`/a\b`, nil, `/a\b: Slurm can't write logs to a path with a backslash; name another folder with ` + "`--folder`"},
		{"/a", []string{"-p", "gpu", "--array=0-3"}, "--array can't be passed to sbatch: " + workers},
		{"/a", []string{"-a0-3"}, "-a can't be passed to sbatch: " + workers},
		{"/a", []string{"-a", "0-3"}, "-a can't be passed to sbatch: " + workers},
		{"/a", []string{"-Jmine"}, "-J can't be passed to sbatch: the sweep finds its job by the name that it gives; leave it out"},
		{"/a", []string{"--job-name", "mine"}, "--job-name can't be passed to sbatch: the sweep finds its job by the name that it gives; leave it out"},
		{"/a", []string{"-o", "x.log"}, "-o can't be passed to sbatch: the sweep reads its logs in its own folder; leave it out"},
		{"/a", []string{"--output=x.log"}, "--output can't be passed to sbatch: the sweep reads its logs in its own folder; leave it out"},
		{"/a", []string{"--wrap", "id"}, "--wrap can't be passed to sbatch: the sweep has a script of its own; leave it out"},
		{"/a", []string{"-W"}, "-W can't be passed to sbatch: the sweep follows its job; leave it out"},
		{"/a", []string{"--test-only"}, "--test-only can't be passed to sbatch: the sweep follows its job; `--dry-run` shows it; leave it out"},
		{"/a", []string{"job.sh"}, "\"job.sh\" is not a flag of sbatch; write sbatch's flags behind `--`, and no script"},
		{"/a", []string{"-p", "gpu", ""}, "\"\" can't be passed to sbatch; write sbatch's flags behind `--`, and no script"},
		{"/a", []string{"-p", "gpu", "--gres=gpu:1", "--account", "lab", "--mem=32G", "-t2:00:00", "--array-bound-is-no-flag"}, ""},
	} {
		got := ""
		if err := (slurm.Job{Folder: row.folder, Site: row.site}).Check(); err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%q: %s\nnot %s", row.site, got, row.want)
		}
	}
}
