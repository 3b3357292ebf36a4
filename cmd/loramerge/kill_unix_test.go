//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// costly is a recipe whose factored modules cost more to compute than to keep, and
// nothing else does.
const costly = `version: 1
stages:
  a:      {load: a}
  b:      {load: b}
  merged: {ties: [a, b], density: %s, space: delta, rank: 16}
  out:    {save: merged, to: out/merged}
`

const costlyModules = 8

// killing is a folder in which runs are killed, with two recipes that take turns to
// save to one place.
type killing struct {
	dir   string
	cache string
	made  map[string][]string // by density, the contents of the output
}

func newKilling(t *testing.T) *killing {
	t.Helper()
	k := &killing{dir: t.TempDir(), cache: t.TempDir(), made: make(map[string][]string)}
	var modules []gen.Module
	for _, m := range gen.Mistral7B()[:costlyModules] {
		modules = append(modules, gen.Module{Name: m.Name, Out: 192, In: 256})
	}
	for _, name := range []string{"a", "b"} {
		spec := gen.Spec{Name: name, Base: "tiny", Modules: modules, Rank: 8, Alpha: 16, DType: safetensors.BF16}
		if err := gen.Write(filepath.Join(k.dir, name), spec); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// recipe writes the one of a density.
func (k *killing) recipe(t *testing.T, density string) (path string) {
	t.Helper()
	path = filepath.Join(k.dir, "recipe.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, costly, density), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func (k *killing) start(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.Command("loramerge", append([]string{"run"}, args...)...)
	command.Dir, command.Env, command.Stderr = k.dir, append(os.Environ(), "LORAMERGE_CACHE="+k.cache), new(strings.Builder)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return command
}

func (k *killing) wait(t *testing.T, command *exec.Cmd) {
	t.Helper()
	if err := command.Wait(); err != nil {
		t.Fatalf("%v: %s", err, command.Stderr)
	}
}

// output is what stands in the target, file by file.
func (k *killing) output(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, name := range []string{peft.WeightsFile, peft.ConfigFile, adapter.CardFile, adapter.RecipeFile} {
		all = append(all, string(read(t, filepath.Join(k.dir, "out", "merged", name))))
	}
	return all
}

// TestKilledRun: at whatever moment a run is killed, what stands afterwards is the old
// output or the new one, whole; the next run succeeds, and takes from the cache all that
// the killed one had put there. Nothing is measured, so that the entries are the modules.
func TestKilledRun(t *testing.T) {
	k, densities := newKilling(t), []string{"0.5", "0.4"}
	var took time.Duration
	for _, density := range densities {
		began := time.Now()
		k.wait(t, k.start(t, "--measure", "none", "--cache", "off", k.recipe(t, density)))
		took = time.Since(began)
		k.made[density] = k.output(t)
	}
	random, reused := rand.New(rand.NewPCG(1, 2)), int64(0)
	kills := 16
	if raced {
		kills = 4
	}
	// On a slow machine a few kills may all come too early or too late: some more follow.
	for i := 0; i < kills || reused == 0 && i < 16*kills; i++ {
		old, now := densities[(i+1)%2], densities[i%2]
		if err := os.RemoveAll(k.cache); err != nil {
			t.Fatal(err)
		}
		recipe := k.recipe(t, now)
		command := k.start(t, "--measure", "none", recipe)
		time.Sleep(time.Duration(random.Float64() * float64(took)))
		command.Process.Kill() // it may have ended
		command.Wait()
		stands := k.output(t)
		if !slices.Equal(stands, k.made[old]) && !slices.Equal(stands, k.made[now]) {
			t.Fatalf("kill %d: what stands is neither the old output nor the new one", i)
		}
		reused += k.goOn(t, recipe, slices.Equal(stands, k.made[now]))
		if !slices.Equal(k.output(t), k.made[now]) {
			t.Fatalf("kill %d: the next run made something else", i)
		}
		if left := list(t, filepath.Join(k.dir, "out")); len(left) != 1 {
			t.Fatalf("kill %d: %q are left", i, left)
		}
	}
	t.Logf("%d modules reused", reused)
	if reused == 0 {
		t.Error("no run has found anything that a killed one had done")
	}
}

// goOn runs the recipe again, and counts the modules that it did not have to compute.
func (k *killing) goOn(t *testing.T, recipe string, done bool) (reused int64) {
	t.Helper()
	store, err := cache.Open(k.cache)
	if err != nil {
		t.Fatal(err)
	}
	info, err := store.Info()
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Load(recipe, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	result, err := run.Run(t.Context(), p, run.Options{Cache: store, Version: version(), Measure: run.MeasureNone, Hashes: plan.IndexedHashes(indexDir(k.cache))})
	if err != nil {
		t.Fatal(err)
	}
	if result.UpToDate {
		if !done {
			t.Fatal("the old output was taken for the new one")
		}
		return 0
	}
	for _, s := range result.Stages {
		if s.Stage == "merged" {
			if s.Cached != int64(info.Entries) || s.Cached+s.Computed != costlyModules {
				t.Fatalf("of %d modules in the cache %d were used, and %d computed", info.Entries, s.Cached, s.Computed)
			}
			reused = s.Cached
		}
	}
	return reused
}

// TestRunsAtOnce: runs of one recipe, and of two that share a cache, do not disturb
// each other.
func TestRunsAtOnce(t *testing.T) {
	k := newKilling(t)
	recipe := k.recipe(t, "0.5")
	k.wait(t, k.start(t, "--cache", "off", recipe))
	want := k.output(t)
	if err := os.Remove(lockfile.Path(recipe)); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(k.dir, "other.yaml")
	text := strings.Replace(fmt.Sprintf(costly, "0.5"), "out/merged", "out/other", 1)
	if err := os.WriteFile(other, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var running []*exec.Cmd
	for _, path := range []string{recipe, recipe, other, other} {
		running = append(running, k.start(t, "--cache", "all", path))
	}
	for _, command := range running {
		k.wait(t, command)
		if said := command.Stderr.(*strings.Builder).String(); said != "" {
			t.Errorf("it said %q", said)
		}
	}
	if !slices.Equal(k.output(t), want) {
		t.Error("another result")
	}
	if left := list(t, filepath.Join(k.dir, "out")); len(left) != 2 {
		t.Errorf("%q are left", left)
	}
	k.wait(t, k.start(t, "--locked", recipe))
	k.wait(t, k.start(t, "--locked", other))
}
