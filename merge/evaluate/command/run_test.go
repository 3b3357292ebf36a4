package command_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/stages"
)

// job runs this program as the evaluator that plays so.
func job(t *testing.T, play string) command.Job {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return command.Job{
		Command: &stages.Command{Run: []string{self, "{adapter}", "{out}"}, Format: "json", Env: map[string]string{"PLAY": play}},
		At:      fault.Position{File: "merge.yaml", Line: 7, Column: 5},
		Values:  command.Values{Adapter: "/adapters/ab12"},
		Dir:     dir, Scratch: filepath.Join(dir, "scratch"), Log: filepath.Join(dir, "log"), Now: time.Now,
	}
}

func logOf(t *testing.T, j command.Job) string {
	t.Helper()
	text, err := os.ReadFile(j.Log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func score(t *testing.T, j command.Job) (float64, error) {
	t.Helper()
	out, err := command.Run(t.Context(), j)
	if err != nil {
		return 0, err
	}
	m, err := out.Result.Measure("task", "acc")
	if err != nil {
		return 0, err
	}
	return m.Value, nil
}

func TestRun(t *testing.T) {
	for play, want := range map[string]string{
		"good":                "",
		"crash":               "the command ended with exit code 3",
		"crash with a result": "the command ended with exit code 3; there is a result, which would count if this is no failure: then write the exit code into `exit-codes`",
		"nothing":             "the evaluator wrote no result; see its log; some evaluators exit with 0 after a failure. Its command must write below {out}",
		"malformed":           "its scores.json is not the JSON that was expected: unexpected end of JSON input; see whether the evaluator was interrupted, and whether `format` names its format",
		"empty":               "its scores.json is empty; see the evaluator's log",
		"two":                 `the evaluator wrote 2 results: "more.json", "scores.json"; give each run a folder of its own, {out}`,
	} {
		j := job(t, play)
		got, err := score(t, j)
		if want == "" {
			if got != 0.5 || err != nil {
				t.Errorf("%s: %g, %v", play, got, err)
			}
			continue
		}
		want = "merge.yaml:7:5: " + want + "; all that it printed is in " + j.Log
		failed, mendable := err.(*fault.Fault)
		if !mendable || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", play, err, want)
			continue
		}
		if output := map[string][]string{"crash": {"loading", "Traceback: out of memory"}, "nothing": {"0 tasks"}}[play]; !slices.Equal(failed.Output, output) {
			t.Errorf("%s: it printed %q, want %q", play, failed.Output, output)
		}
	}
}

// TestTail: what is shown of a long output is its end, and of a progress bar what is seen last.
func TestTail(t *testing.T) {
	j := job(t, "chatty")
	_, err := command.Run(t.Context(), j)
	failed, ok := err.(*fault.Fault)
	if !ok || len(failed.Output) != 12 {
		t.Fatalf("%q, %v", failed.Output, err)
	}
	if first, last := failed.Output[0], failed.Output[11]; first != "line 9990" || last != "100%" || !strings.HasSuffix(failed.Output[10], "xxx…") {
		t.Errorf("%q", failed.Output)
	}
}

// TestNotANumber: the result is there, and the metric is what is wrong with it.
func TestNotANumber(t *testing.T) {
	if _, err := score(t, job(t, "nan")); err == nil || !strings.Contains(err.Error(), "is not a number") {
		t.Error(err)
	}
	j := job(t, "good")
	out, err := command.Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Result.Measure("task", "f1"); err == nil || !strings.Contains(err.Error(), `it has "acc"`) {
		t.Error(err)
	}
}

func TestPrintedResult(t *testing.T) {
	j := job(t, "print")
	j.Run = j.Run[:2]
	if got, err := score(t, j); got != 0.25 || err != nil {
		t.Errorf("%g, %v", got, err)
	}
	j = job(t, "nothing")
	j.Run = j.Run[:2]
	_, err := score(t, j)
	if want := "merge.yaml:7:5: its stdout is empty; what the command prints to stdout is its result: let it print that and nothing else, or write it to a file below {out}; all that it printed is in " + j.Log; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	j = job(t, "tell")
	j.Run = append(j.Run[:2:2], j.Dir) // it prints no JSON, and saves it where nobody looks
	_, err = command.Run(t.Context(), j)
	if failed, ok := err.(*fault.Fault); !ok || len(failed.Output) != 1 || !strings.HasPrefix(failed.Output[0], "in ") || !strings.HasPrefix(failed.Message(), "its stdout is not") {
		t.Errorf("%#v", err)
	}
}

// TestExitCodes: promptfoo exits with 100 when all worked but an answer was wrong, and a recipe
// can say what counts.
func TestExitCodes(t *testing.T) {
	j := job(t, "crash with a result")
	j.ExitCodes = []int{0, 3}
	if got, err := score(t, j); got != 0.5 || err != nil {
		t.Errorf("%g, %v", got, err)
	}
	j = job(t, "good")
	j.ExitCodes = []int{3}
	if _, err := score(t, j); err == nil || !strings.Contains(err.Error(), "the command ended with exit code 0") {
		t.Error(err)
	}
}

func TestProgramIsMissing(t *testing.T) {
	j := job(t, "good")
	if err := os.WriteFile(filepath.Join(j.Dir, "data"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for program, want := range map[string]string{
		"no-such-evaluator": `the program "no-such-evaluator" can't be run: exec: "no-such-evaluator": executable file not found in $PATH; install it, or write its path; a path with a / begins at the recipe's folder`,
		"./missing":         `can't be run: no such file or directory; see that it is there and can be executed`,
		"./data":            `can't be run: permission denied; see that it is there and can be executed (` + "`chmod +x`" + `, and a first line such as #!/bin/sh in a script)`,
	} {
		j.Run = []string{program, "{adapter}", "{out}"}
		if _, err := command.Run(t.Context(), j); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		j.Scratch += "x"
	}
}

// TestSurroundings: a command runs in the recipe's folder, with no input, and with its
// environment.
func TestSurroundings(t *testing.T) {
	j := job(t, "tell")
	j.Env["VAR"] = "{adapter}?"
	if _, err := command.Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	in, err := filepath.EvalSymlinks(j.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := "in " + in + ", 0 bytes of input, VAR=/adapters/ab12?, adapter /adapters/ab12\n"; !strings.Contains(logOf(t, j), want) {
		t.Errorf("%s\nwant %s", logOf(t, j), want)
	}
}

func TestRetries(t *testing.T) {
	j := job(t, "third time")
	j.Retries = 1
	if _, err := command.Run(t.Context(), j); err == nil {
		t.Error("two tries were enough")
	}
	j.Retries, j.Scratch = 2, j.Scratch+"2"
	ticks := time.Unix(0, 0)
	j.Now = func() time.Time {
		ticks = ticks.Add(time.Minute)
		return ticks
	}
	out, err := command.Run(t.Context(), j)
	if err != nil || out.Tries != 3 || out.Took != time.Minute {
		t.Errorf("%+v, %v", out, err)
	}
	if got := strings.Count(logOf(t, j), "$ "); got != 3 {
		t.Errorf("the log tells of %d tries:\n%s", got, logOf(t, j))
	}
}

func TestTimeout(t *testing.T) {
	j := job(t, "hang")
	j.Timeout = 300 * time.Millisecond
	_, err := command.Run(t.Context(), j)
	if want := "the command did not end within 300ms"; err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "; raise its `timeout`, or score fewer documents; ") {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestLoud: 100 MB of output go to the log, and nowhere else.
func TestLoud(t *testing.T) {
	j := job(t, "loud")
	if got, err := score(t, j); got != 0.5 || err != nil {
		t.Fatalf("%g, %v", got, err)
	}
	if info, err := os.Stat(j.Log); err != nil || info.Size() < 100_000_000 {
		t.Errorf("the log has %d bytes, %v", info.Size(), err)
	}
}

// TestCanceled: whoever waits no longer gets the reason and nothing else.
func TestCanceled(t *testing.T) {
	reason := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	if _, err := command.Run(ctx, job(t, "hang")); !errors.Is(err, reason) {
		t.Error(err)
	}
}
