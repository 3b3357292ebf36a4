package run_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// scoreTogether scores several trials at once, some of them the same, over one cache and one scratch
// folder, and gives their losses.
func scoreTogether(t *testing.T, recipe string, options run.Options) ([]string, error) {
	sizes := []int{1, 2, 3, 2}
	out := make([]string, len(sizes))
	var group errgroup.Group
	for i, size := range sizes {
		group.Go(func() error {
			p, err := plan.Load(recipe, plan.Options{Vars: map[string]string{"size": fmt.Sprint(size)}})
			if err != nil {
				return err
			}
			defer p.Close()
			scores, _, err := run.Score(t.Context(), p, options, run.Ask{Split: run.SelectSplit, References: size == 3, Candidates: true})
			if err == nil {
				of := scores.Candidates[0].Scores
				out[i] = fmt.Sprintf("%d %v %v %s\n", size, of["python"].Value, of["sql"].Value, of["sql"].Digest)
			}
			return err
		})
	}
	return out, group.Wait()
}

// TestScoresAtOnce: scores of several trials do not disturb each other, in one process or in two.
func TestScoresAtOnce(t *testing.T) {
	if dir := os.Getenv("TOGETHER"); dir != "" {
		store, err := cache.Open(filepath.Join(dir, "cache"))
		check(err)
		got, err := scoreTogether(t, filepath.Join(dir, "merge.yaml"), run.Options{Cache: store, AllowExec: true, Scratch: filepath.Join(dir, "scratch")})
		check(err)
		for _, line := range got {
			fmt.Print("score ", line)
		}
		os.Exit(0)
	}
	b := newBench(t)
	recipe, options := filepath.Join(b.dir, "merge.yaml"), b.options()
	var want []string
	for _, size := range []string{"1", "2", "3", "2"} {
		scores, _, err := run.Score(t.Context(), b.plan(map[string]string{"size": size}), run.Options{AllowExec: true, Scratch: options.Scratch}, candidate)
		check(err)
		of := scores.Candidates[0].Scores
		want = append(want, fmt.Sprintf("%s %v %v %s\n", size, of["python"].Value, of["sql"].Value, of["sql"].Digest))
	}
	options.Shared = b.sharedBy(map[string]string{"size": "1"}, map[string]string{"size": "2"})
	got, err := scoreTogether(t, recipe, options)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, %s, want %s", err, got, want)
	}
	check(os.Mkdir(filepath.Join(b.dir, "scratch"), 0o777))
	var group errgroup.Group
	printed := make([]string, 2)
	for i := range printed {
		group.Go(func() error {
			again := exec.Command(os.Args[0], "-test.run", "^TestScoresAtOnce$")
			again.Env = append(os.Environ(), "TOGETHER="+b.dir)
			text, err := again.Output()
			printed[i] = string(text)
			return err
		})
	}
	err = group.Wait()
	for _, text := range printed {
		if sought := "score " + want[0] + "score " + want[1] + "score " + want[2] + "score " + want[3]; err != nil || text != sought {
			t.Errorf("%v, %s, want %s", err, text, sought)
		}
	}
	for _, scratch := range []string{options.Scratch, filepath.Join(b.dir, "scratch")} {
		if left, err := os.ReadDir(scratch); len(left) > 0 || err != nil {
			t.Errorf("%s: %v are left, %v", scratch, left, err)
		}
	}
}

func TestScoreWithoutLeave(t *testing.T) {
	b := newBench(t)
	_, _, err := run.Score(t.Context(), b.plan(map[string]string{"size": "4"}), run.Options{Cache: b.cache}, candidate)
	want := "the scores of sized are not known, and the commands that measure them may not be started; let them run with --allow-exec, or once and for all with `loramerge allow " + filepath.Join(b.dir, "merge.yaml") + "`, which shows them"
	if err == nil || !strings.HasSuffix(strings.TrimSpace(err.Error()), want) {
		t.Errorf("%v, want %s", err, want)
	}
	b.score(b.plan(nil), candidate)
	if _, counts, err := run.Score(t.Context(), b.plan(nil), run.Options{Cache: b.cache}, candidate); err != nil || counts.Cached != 2 {
		t.Errorf("%+v, %v: what is known needs no leave", counts, err)
	}
}
