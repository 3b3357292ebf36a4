package main

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"gopkg.in/yaml.v3"
)

// cmdStep writes the script of a step of action.yml to a file, for `exec bash` with the
// options that GitHub gives, after it has set the variables of the step's env that
// are inputs to the inputs' defaults, and those that GitHub knows to nothing:
//
//	step NAME FILE
//
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
func cmdStep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: step NAME FILE")
	}
	var action struct {
		Inputs map[string]struct{ Default string }
		Runs   struct{ Steps []actionStep }
	}
	ts.Check(yaml.Unmarshal([]byte(ts.ReadFile("action.yml")), &action))
	at := slices.IndexFunc(action.Runs.Steps, func(s actionStep) bool { return s.Name == args[0] })
	if at < 0 || action.Runs.Steps[at].Shell != "bash" {
		ts.Fatalf("action.yml has no step %q for bash", args[0])
	}
	for name, value := range action.Runs.Steps[at].Env {
		if strings.HasPrefix(value, "${{ github.") {
			ts.Setenv(name, "")
			continue
		}
		input := strings.TrimSuffix(strings.TrimPrefix(value, "${{ inputs."), " }}")
		if _, known := action.Inputs[input]; !known {
			ts.Fatalf("there is no input %q", value)
		}
		ts.Setenv(name, action.Inputs[input].Default)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(action.Runs.Steps[at].Run), 0o666))
}

type actionStep struct {
	Name, Shell, Run string
	Env              map[string]string
}

// cmdHook runs the hook as pre-commit would for changed files: its entry, with those
// names behind it that it is for:
//
//	hook ID FILE…
//
// https://pre-commit.com/#creating-new-hooks
func cmdHook(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: [!] hook ID FILE…")
	}
	var hooks []struct{ ID, Entry, Files, Exclude string }
	ts.Check(yaml.Unmarshal([]byte(ts.ReadFile(".pre-commit-hooks.yaml")), &hooks))
	for _, hook := range hooks {
		if hook.ID != args[0] {
			continue
		}
		files, exclude := regexp.MustCompile(hook.Files), regexp.MustCompile(cmp.Or(hook.Exclude, "^$"))
		command := shellWords(hook.Entry)
		for _, name := range args[1:] {
			if files.MatchString(name) && !exclude.MatchString(name) {
				command = append(command, name)
			}
		}
		if err := ts.Exec(command[0], command[1:]...); (err != nil) != neg {
			ts.Fatalf("%s: %v", strings.Join(command, " "), err)
		}
		return
	}
	ts.Fatalf("there is no hook %q", args[0])
}

// shellWords cuts an entry as pre-commit does, by Python's shlex: at spaces outside of single quotes.
func shellWords(entry string) (words []string) {
	for i, part := range strings.Split(entry, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}
