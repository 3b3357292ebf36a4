package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/loramerge/loramerge/internal/golden"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts, and tests that need a process of their own, start this
// binary as loramerge.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"loramerge": main, "loramerge-weighed": weighedMain, "scorer": scorerMain, "sweeper": sweeperMain})
}

// realAdapters are adapters that people trained, beside a checkout, if they are there.
const realAdapters = "../../../shared/adapters"

// TestScript runs testdata/script. A script finds copies of testdata's adapters in
// examples, links to them in linked, the repository's own README.md, action.yml, .pre-commit-hooks.yaml and recipes, and, under the condition [real], the
// adapters that people trained in real.
func TestScript(t *testing.T) {
	if !exists(realAdapters) {
		t.Log("scripts over real adapters are skipped: ../shared/adapters is not there")
	}
	params := testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		RequireExplicitExec: true,
		UpdateScripts:       golden.Updating(),
		RequireUniqueNames:  true,
		Condition: func(name string) (bool, error) {
			if name != "real" {
				return false, errors.New("there is no condition [" + name + "]")
			}
			return exists(realAdapters), nil
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("LORAMERGE_CACHE", filepath.Join(env.WorkDir, ".cache"))
			return errors.Join(
				copyAll(env.WorkDir, map[string]string{"examples": "../../testdata/adapters", "testdata/adapters": "../../testdata/adapters", "testdata/images": "../../testdata/images", "images": "../../testdata/images", "recipes": "../../recipes"}),
				os.RemoveAll(filepath.Join(env.WorkDir, "recipes", "out")), // of whoever has tried the recipes
				linkAll(env.WorkDir, map[string]string{"README.md": "../../README.md", "action.yml": "../../action.yml", ".pre-commit-hooks.yaml": "../../.pre-commit-hooks.yaml", "linked": "../../testdata/adapters", "real": realAdapters}))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    cmdExits,
			"adapter":  cmdAdapter,
			"tensors":  cmdTensors,
			"weights":  cmdWeights,
			"truncate": cmdTruncate,
			"spoil":    cmdSpoil,
			"replace":  cmdReplace,
			"holds":    cmdHolds,
			"paste":    cmdPaste,
			"block":    cmdBlock,
			"step":     cmdStep,
			"hook":     cmdHook,
			"hub":      cmdHub,
		},
	}
	if raced && testing.Short() {
		params.Files, params.Dir = racedScripts(params.Dir), ""
	}
	testscript.Run(t, params)
}

// racedScripts are those of commands that do several things at a time. The race detector makes every
// process several times slower, and finds nothing in one that does one thing after another.
func racedScripts(folder string) []string {
	var files []string
	for _, name := range []string{"cache", "compare", "evaluate", "evaluate-several", "fetch", "images", "inspect-several", "report", "run-beside", "run-several", "run-ties", "sweep", "sweep-again", "verify"} {
		files = append(files, filepath.Join(folder, name+".txtar"))
	}
	return files
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// linkAll links names in a folder to paths that are relative to this package's.
// copyAll copies what is loaded by the scripts: a link would be warned of.
func copyAll(folder string, paths map[string]string) error {
	for name, path := range paths {
		if err := os.CopyFS(filepath.Join(folder, name), os.DirFS(path)); err != nil {
			return err
		}
	}
	return nil
}

func linkAll(folder string, paths map[string]string) error {
	for name, path := range paths {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		if err := os.Symlink(absolute, filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// cmdExits starts a program and requires its very exit code:
//
//	exits CODE PROGRAM ARG…
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}
