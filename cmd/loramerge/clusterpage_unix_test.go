//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// sweepLines are the command lines of docs/sweep.md on several machines that begin a sweep, without what another
// program is to do with their output.
func sweepLines(t *testing.T) (lines [][]string, page string) {
	t.Helper()
	_, page, _ = strings.Cut(string(read(t, filepath.Join("..", "..", "docs", "sweep.md"))), "\n## On several machines\n")
	for line := range strings.Lines(page) {
		if line, _, _ = strings.Cut(line, "|"); strings.HasPrefix(line, "loramerge sweep ") {
			line, _, _ = strings.Cut(line, "#")
			lines = append(lines, strings.Fields(line))
		}
	}
	if len(lines) < 5 {
		t.Fatalf("only %d lines found", len(lines))
	}
	return lines, page
}

// starting are the lines of the page that hand trials to a cluster, or to none.
func starting(lines [][]string, on string) (out [][]string) {
	for _, words := range lines {
		if at := slices.Index(words, "--on"); at < 0 && on == "" || at >= 0 && words[at+1] == on {
			out = append(out, words[1:])
		}
	}
	return out
}

// TestClusterPageRanks does what docs/sweep.md says of ranks, each with a cache of its own, and one of them started
// twice and late. With halving, all are started again until none is left.
func TestClusterPageRanks(t *testing.T) {
	lines, _ := sweepLines(t)
	plain := starting(lines, "")
	for name, more := range map[string]string{"all documents": "", "halving": "halving: {min-samples: 5}"} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && more != "" {
				t.Skip("one search will do")
			}
			want := newSweeping(t, 1, more).table(t)
			s := newSweeping(t, 1, more)
			run := func(cache string, words []string) string {
				c := s.command()
				c.Args = append([]string{"loramerge"}, words...)
				c.Env = append(c.Env, "LORAMERGE_CACHE="+filepath.Join(s.dir, cache))
				out, err := c.Output()
				if err != nil {
					t.Fatalf("%q: %v\n%s", words, err, c.Stderr)
				}
				return string(out)
			}
			said := ""
			for range 3 { // as many rungs as eight trials on 5 of 40 documents have
				for _, rank := range []string{"0/8", "1/8", "2/8", "3/8", "4/8", "5/8", "6/8", "7/8", "1/8"} {
					words := slices.Clone(plain[0])
					words[slices.Index(words, "0/8")] = rank
					said = run("cache-"+rank[:1], words)
				}
			}
			if strings.Contains(said, "left to measure") {
				t.Errorf("the last rank says\n%s", said)
			}
			if got := run("cache-last", plain[1]); got != want {
				t.Errorf("the answer is\n%s\nand on one machine\n%s", got, want)
			}
			if more == "" {
				for _, r := range s.records("trials.jsonl") {
					if r.Split == "select" {
						t.Errorf("trial %d was measured again", r.Trial)
					}
				}
			}
		})
	}
}

// TestClusterPageCommands: what docs/sweep.md says of Slurm and Kubernetes can be written so, and the Jobs have the names that it says.
func TestClusterPageCommands(t *testing.T) {
	lines, page := sweepLines(t)
	s := newSweeping(t, 1, "")
	for _, words := range starting(lines, "slurm") {
		words = slices.Insert(slices.Clone(words), 1, "--dry-run")
		c := s.command()
		c.Args = append([]string{"loramerge"}, words...)
		out, err := c.Output()
		site := words[slices.Index(words, "--")+1:]
		if err != nil || !strings.Contains(string(out), " --array=0-7 ") || !strings.Contains(string(out), strings.Join(site, " ")) {
			t.Errorf("%q: %v\n%s%s", words, err, out, c.Stderr)
		}
	}
	var names []string
	for _, words := range starting(lines, "kubernetes") {
		c := s.command()
		c.Args = append([]string{"loramerge"}, words...)
		out, err := c.Output()
		var job struct {
			Kind     string
			Metadata struct{ Name string }
		}
		if err != nil || yaml.Unmarshal(out, &job) != nil || job.Kind != "Job" {
			t.Errorf("%q: %v\n%s%s", words, err, out, c.Stderr)
		}
		names = append(names, job.Metadata.Name)
	}
	for _, m := range regexp.MustCompile(`kubectl [^\n|]* job[/ ]([a-z-]+)`).FindAllStringSubmatch(page, -1) {
		if !slices.Contains(names, m[1]) {
			t.Errorf("%s: the Jobs are called %q", m[0], names)
		}
	}
	if len(names) != 2 {
		t.Errorf("the Jobs %q", names)
	}
}

// TestClusterPageSkyPilot starts what docs/sweep.md has a job of SkyPilot run, with the recipe in the job's volume, as SkyPilot
// starts the third of as many jobs as the page says. https://docs.skypilot.co/en/latest/reference/yaml-spec.html
func TestClusterPageSkyPilot(t *testing.T) {
	_, page := sweepLines(t)
	found := regexp.MustCompile("(?s)```yaml\n# sky jobs launch --num-jobs ([0-9]+) [^\n]*\n(.*?)```").FindStringSubmatch(page)
	if found == nil {
		t.Fatal("the page shows no job of SkyPilot")
	}
	var job struct {
		Resources struct{ Accelerators string }
		Volumes   map[string]string // by where they are mounted
		Run       string
	}
	decoder := yaml.NewDecoder(strings.NewReader(found[2]))
	decoder.KnownFields(true)
	if err := decoder.Decode(&job); err != nil {
		t.Fatalf("%v\n%s", err, found[2])
	}
	s := newSweeping(t, 1, "")
	c := s.command()
	c.Args = strings.Fields(job.Run)
	for mount := range job.Volumes {
		last := &c.Args[len(c.Args)-1]
		*last = strings.Replace(*last, mount+"/", s.dir+"/", 1)
	}
	c.Dir, c.Env = t.TempDir(), append(c.Env, "SKYPILOT_JOB_RANK=2", "SKYPILOT_NUM_JOBS="+found[1])
	if out, err := c.Output(); err != nil {
		t.Fatalf("%q: %v\n%s%s", c.Args, err, out, said(c))
	}
	if got := s.records("rank-2-of-" + found[1] + ".jsonl"); len(got) == 0 {
		t.Error("nothing is recorded")
	}
}

// TestRankAuto: where --rank auto finds its numbers.
func TestRankAuto(t *testing.T) {
	for name, row := range map[string]struct {
		env        []string
		text, want string
	}{
		"Slurm":                     {[]string{"SLURM_ARRAY_TASK_ID=5", "SLURM_ARRAY_TASK_MIN=0", "SLURM_ARRAY_TASK_COUNT=8"}, "auto", "5/8"},
		"Slurm from 1":              {[]string{"SLURM_ARRAY_TASK_ID=5", "SLURM_ARRAY_TASK_MIN=1", "SLURM_ARRAY_TASK_COUNT=8"}, "auto", "4/8"},
		"Kubernetes":                {[]string{"JOB_COMPLETION_INDEX=5"}, "/8", "5/8"},
		"SkyPilot":                  {[]string{"SKYPILOT_JOB_RANK=5", "SKYPILOT_NUM_JOBS=8"}, "auto", "5/8"},
		"Kubernetes without number": {[]string{"JOB_COMPLETION_INDEX=5"}, "auto", ""},
		"nothing":                   {nil, "auto", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "SKYPILOT_JOB_RANK"} {
				t.Setenv(variable, "")
				os.Unsetenv(variable)
			}
			for _, setting := range row.env {
				variable, value, _ := strings.Cut(setting, "=")
				t.Setenv(variable, value)
			}
			var f rankFlag
			if err := f.Set(row.text); (err != nil) != (row.want == "") || f.String() != row.want {
				t.Errorf("%s, %v", f.String(), err)
			}
		})
	}
}
