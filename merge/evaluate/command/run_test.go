package command_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/stages"
)

// TestMain: this program is its own evaluator.
func TestMain(m *testing.M) {
	if play, ok := plays[os.Getenv("PLAY")]; ok {
		play(os.Args[1:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// plays are what an evaluator may do. Its arguments are the adapter's folder and its own for results.
var plays = map[string]func(args []string){
	"good":  func(args []string) { save(args[1], `{"acc": 0.5}`) },
	"print": func(args []string) { fmt.Println(`{"acc": 0.25}`) },
	"crash": func([]string) {
		fmt.Println("loading")
		fmt.Fprintln(os.Stderr, "Traceback: out of memory")
		os.Exit(3)
	},
	"crash with a result": func(args []string) {
		save(args[1], `{"acc": 0.5}`)
		os.Exit(3)
	},
	"hang": func([]string) {
		fmt.Println("waiting")
		time.Sleep(time.Hour)
	},
	"nothing":   func([]string) { fmt.Fprintln(os.Stderr, "0 tasks") },
	"malformed": func(args []string) { save(args[1], `{"acc": 0.5`) },
	"empty":     func(args []string) { save(args[1], ``) },
	"two": func(args []string) {
		save(args[1], `{"acc": 0.5}`)
		if err := os.WriteFile(filepath.Join(args[1], "more.json"), []byte("{}"), 0o600); err != nil {
			panic(err)
		}
	},
	"nan": func(args []string) { save(args[1], `{"acc": NaN}`) },
	"loud": func(args []string) {
		line := []byte(strings.Repeat("x", 9999) + "\n")
		for range 10_000 {
			os.Stdout.Write(line)
		}
		fmt.Println("the last line")
		save(args[1], `{"acc": 0.5}`)
	},
	"third time": func(args []string) {
		if !strings.HasSuffix(filepath.Dir(args[1]), "try-3") {
			os.Exit(1)
		}
		save(args[1], `{"acc": 0.5}`)
	},
	"tell": func(args []string) {
		in, _ := os.Getwd()
		at, _ := os.Stdin.Read(make([]byte, 1))
		fmt.Printf("in %s, %d bytes of input, VAR=%s, adapter %s\n", in, at, os.Getenv("VAR"), args[0])
		save(args[1], `{"acc": 0.5}`)
	},
}

func save(folder, text string) {
	if err := os.WriteFile(filepath.Join(folder, "scores.json"), []byte(text), 0o600); err != nil {
		panic(err)
	}
}

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
		"crash":               "the command ended with exit code 3; it printed last:\n        loading\n        Traceback: out of memory; all that it printed is in LOG",
		"crash with a result": "the command ended with exit code 3; there is a result, which would count if this is no failure: then write the exit code into `exit-codes`",
		"nothing":             "the evaluator wrote no result; it printed last:\n        0 tasks; see its log; some evaluators exit with 0 after a failure. Its command must write below {out}",
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
		if want := "merge.yaml:7:5: " + strings.ReplaceAll(want, "LOG", j.Log); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", play, err, want)
		}
		if _, mendable := err.(*fault.Fault); !mendable {
			t.Errorf("%s: %#v is no Fault", play, err)
		}
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
	if want := "merge.yaml:7:5: its stdout.json is empty; it printed last:\n        0 tasks; see the evaluator's log"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
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
	if want := "the command did not end within 300ms"; err == nil || !strings.Contains(err.Error(), want) || !strings.HasSuffix(err.Error(), "raise its `timeout`, or score fewer documents") {
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
