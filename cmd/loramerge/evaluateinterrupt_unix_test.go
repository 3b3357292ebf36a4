//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// scripted is a recipe whose evaluator is a script, of some version.
const scripted = `version: 1
stages:
  experts: {load: {python: python, sql: sql}}
  deltas:  {delta: experts}
  merged:  {sum: deltas, norm: inputs}
  back:    {factor: merged, rank: 16}
  out:     {save: back, to: out/merged}
  scores:
    evaluate: back
    experts: experts
    evaluators:
      script: {run: [sh, eval.sh, "{adapter}"], inputs: eval.sh, version: "%s"}
    tasks:
      python: {evaluator: script, metric: python}
      sql:    {evaluator: script, metric: sql}
`

// scripts are the evaluator, whose scores are sizes of files, and a child that outlives it. Neither heeds a signal.
var scripts = map[string]string{
	"eval.sh": `trap '' TERM INT
sh "$PWD/child.sh" &
sleep 0.1
size=$(wc -c < "$1/adapter_config.json")
echo "{\"metrics\": {\"python\": {\"value\": $size, \"stderr\": 1, \"direction\": \"minimize\"}, \"sql\": {\"value\": $size, \"stderr\": 1, \"direction\": \"minimize\"}}}"
`,
	"child.sh": "trap '' TERM INT\nwhile :; do sleep 1; done\n",
}

// TestEvaluateInterrupted: interrupted at twenty moments, a run leaves no process and nothing half-written, and the
// last one ends with the scores that a run has which nobody interrupts.
func TestEvaluateInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a quarter of a minute")
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no shell")
	}
	dir := t.TempDir()
	for name, text := range scripts {
		writeText(t, filepath.Join(dir, name), text)
	}
	for _, name := range []string{"python", "sql"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS("../../testdata/adapters/"+name)); err != nil {
			t.Fatal(err)
		}
	}
	recipe := filepath.Join(dir, "merge.yaml")
	writeText(t, recipe, fmt.Sprintf(scripted, "undisturbed"))
	begin(t, dir, "run", "--allow-exec", "merge.yaml").wait(t)
	want, after := scoresIn(t, dir), tree(t, dir)
	for moment := range 20 {
		// Another version is measured anew; every second run goes on where the one before was stopped.
		writeText(t, recipe, fmt.Sprintf(scripted, fmt.Sprint(moment/2)))
		p := begin(t, dir, "run", "--allow-exec", "merge.yaml")
		time.Sleep(time.Duration(moment) * 30 * time.Millisecond)
		p.signal(t, syscall.SIGINT)
		p.wait(t)
		noneLeft(t, dir)
		if now := tree(t, dir); !slices.Equal(now, after) {
			t.Fatalf("moment %d: it left %q, where there was %q", moment, now, after)
		}
	}
	last := begin(t, dir, "run", "--allow-exec", "merge.yaml")
	last.wait(t)
	if got := scoresIn(t, dir); got != want {
		t.Errorf("%s\nthe scores are %s, want %s", &last.stderr, got, want)
	}
	noneLeft(t, dir)
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// scoresIn are the scores in the lock, without their digests, which the version is part of.
func scoresIn(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	_, scores, found := strings.Cut(string(read(t, filepath.Join(dir, "merge.lock.yaml"))), "\nscores:\n")
	if !found {
		t.Fatal("the lock has no scores")
	}
	for line := range strings.Lines(scores) {
		value, _, _ := strings.Cut(line, "digest:")
		if !strings.Contains(line, "sha256") || value != line {
			out.WriteString(value)
		}
	}
	return out.String()
}

// noneLeft looks for processes that scripts in the folder have started; one that is killed may take a moment.
func noneLeft(t *testing.T, dir string) {
	t.Helper()
	var left [][]byte
	for range 500 {
		all, err := exec.Command("ps", "-A", "-o", "stat=,args=").Output()
		if err != nil {
			t.Skipf("no processes can be listed: %v", err)
		}
		left = slices.DeleteFunc(bytes.Split(all, []byte("\n")), func(line []byte) bool {
			return bytes.HasPrefix(line, []byte("Z")) || !bytes.Contains(line, []byte(dir))
		})
		if len(left) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("left is\n%s", bytes.Join(left, []byte("\n")))
}
