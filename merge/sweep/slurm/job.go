package slurm

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
)

// Job is what the tasks of a sweep run, and with what sbatch is told of them. All paths are absolute,
// and mean the same on every node.
type Job struct {
	Name    string   // in Slurm's lists
	Program string   // loramerge itself
	Recipe  string   // the sweep's
	Folder  string   // the sweep's, with the records
	Cache   string   // of intermediate values and scores, which all tasks share
	Flags   []string // of `loramerge sweep`, beside --folder
	Jobs    bool     // Flags say how many modules a task works on at once; otherwise one per processor that it was given
	Site    []string // flags of sbatch, as given
}

// Script is the batch script of so many tasks, each of which measures its share; for none, that of a job that
// is no array, and does what is left of the whole sweep. All words in it are quoted, so that a path or a value may hold
// anything.
func (j Job) Script(tasks int) string {
	words := []string{Quote(j.Program), "sweep", Quote(j.Recipe), "--folder", Quote(j.Folder)}
	if tasks > 0 {
		words = append(words, "--rank", "auto")
	}
	for _, flag := range j.Flags {
		words = append(words, Quote(flag))
	}
	if !j.Jobs {
		words = append(words, "--jobs", `"${SLURM_CPUS_ON_NODE:-0}"`)
	}
	return "#!/bin/bash\n" +
		"# A part of a sweep. Submitting it twice does no harm: what is recorded in the folder is not measured again.\n" +
		"export LORAMERGE_CACHE=" + Quote(j.Cache) + "\n" +
		"exec " + strings.Join(words, " ") + "\n"
}

// Submit is the command that submits the script for so many tasks.
func (j Job) Submit(tasks int) []string {
	words := []string{"sbatch", "--parsable", "--job-name=" + j.Name}
	log := "%j.log"
	if tasks > 0 {
		words, log = append(words, fmt.Sprintf("--array=0-%d", tasks-1)), "%A_%a.log"
	}
	words = append(words, "--output="+strings.ReplaceAll(j.logs(), "%", "%%")+string(filepath.Separator)+log)
	return append(append(words, j.Site...), j.script())
}

// Check finds what Slurm would not do with the job.
func (j Job) Check() error {
	if strings.Contains(j.Folder, `\`) {
		return fault.In(j.Folder, "Slurm can't write logs to a path with a backslash").Mend("name another folder with `--folder`")
	}
	for _, flag := range j.Site {
		name, _, _ := strings.Cut(flag, "=")
		if len(flag) > 1 && flag[0] == '-' && flag[1] != '-' {
			name = flag[:2] // the rest is its value
		}
		why, taken := ours[name]
		switch {
		case taken:
			return fault.New("%s can't be passed to sbatch: %s", name, why).Mend("leave it out")
		case flag == "--" || flag == "":
			return fault.New("%q can't be passed to sbatch", flag).Mend("write sbatch's flags behind `--`, and no script")
		}
	}
	if len(j.Site) > 0 && !strings.HasPrefix(j.Site[0], "-") {
		return fault.New("%q is not a flag of sbatch", j.Site[0]).Mend("write sbatch's flags behind `--`, and no script")
	}
	return nil
}

// ours are the flags of sbatch that belong to the sweep.
var ours = map[string]string{
	"--array":     "`--workers` says how many tasks there are",
	"-a":          "`--workers` says how many tasks there are",
	"--job-name":  "the sweep finds its job by the name that it gives",
	"-J":          "the sweep finds its job by the name that it gives",
	"--output":    "the sweep reads its logs in its own folder",
	"-o":          "the sweep reads its logs in its own folder",
	"--wrap":      "the sweep has a script of its own",
	"--wait":      "the sweep follows its job",
	"-W":          "the sweep follows its job",
	"--test-only": "the sweep follows its job; `--dry-run` shows it",
	"--parsable":  "it is passed already",
}

// logs is the folder of the tasks' logs.
func (j Job) logs() string { return filepath.Join(j.Folder, "slurm") }

// script is the file of the batch script.
func (j Job) script() string { return filepath.Join(j.logs(), "script.sh") }

// harmless is what needs no quotes.
var harmless = regexp.MustCompile(`^[-A-Za-z0-9_./:,=@%+]+$`)

// Quote writes a word as bash reads it back. Slurm refuses a script with carriage returns, so control
// characters are written by their numbers.
func Quote(word string) string {
	if harmless.MatchString(word) {
		return word
	}
	if strings.IndexFunc(word, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0 {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	var out strings.Builder
	out.WriteString("$'")
	for i := range len(word) {
		switch c := word[i]; {
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&out, `\%03o`, c)
		case c == '\'' || c == '\\':
			out.WriteByte('\\')
			out.WriteByte(c)
		default:
			out.WriteByte(c)
		}
	}
	return out.String() + "'"
}
