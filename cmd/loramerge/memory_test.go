package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
	"github.com/loramerge/loramerge/merge/plan"
)

// weighedMain is loramerge, which at its end writes its peak resident memory to the
// file that LORAMERGE_PEAK names. The kernel's own figure in getrusage would not do:
// it holds that of the process which started this one too.
func weighedMain() {
	code := realMain()
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		err = os.WriteFile(os.Getenv("LORAMERGE_PEAK"), status, 0o666)
	}
	if err != nil {
		panic(err)
	}
	os.Exit(code)
}

// dense merges need whole deltas of 16 MiB each; fused is done in one pass, the vote by
// frequency is not.
const (
	fused = `{trim: in, density: 0.5}
  e: {elect: t}
  m: {average: e, over: agreeing}
  f: {factor: m, rank: 16}`
	unfused = `{trim: in, density: 0.5}
  e: {elect: t, by: frequency}
  m: {average: e, over: agreeing}
  f: {factor: m, rank: 16}`
	surveyed = `{trim: in, density: 0.5, scope: adapter}
  m: {average: t}
  f: {factor: m, energy: 0.3, max-rank: 64}`
)

// TestMemory: a dense merge takes what its plan says, and --memory bounds it.
func TestMemory(t *testing.T) {
	if raced || runtime.GOOS != "linux" {
		t.Skip("the race detector has memory of its own, and other systems no VmHWM")
	}
	dir := t.TempDir()
	writeSquare(t, dir, 3, 2048, "a", "b", "c")
	if idle := peakOf(t, dir, "version"); idle > 32<<20 {
		t.Errorf("the idle program takes %d bytes, which is more than a plan counts", idle)
	}
	for _, c := range []struct {
		name, stages string
		flags        []string
	}{
		{"fused", fused, []string{"--jobs=1"}},
		{"two", fused, []string{"--jobs=2"}},
		{"bounded", fused, []string{"--jobs=2", "--memory=100MB"}},
		{"unfused", unfused, []string{"--jobs=1"}},
		{"surveyed", surveyed, []string{"--jobs=1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := c.name + ".yaml"
			recipe := fmt.Sprintf("version: 1\nstages:\n  l: {load: {a: a, b: b, c: c}}\n  in: {delta: l}\n  t: %s\n  out: {save: f, to: out-%s}\n", c.stages, c.name)
			if err := os.WriteFile(filepath.Join(dir, file), []byte(recipe), 0o666); err != nil {
				t.Fatal(err)
			}
			checkPeak(t, plannedPeak(t, dir, append(c.flags, file)...), peakOf(t, dir, append([]string{"run", "--cache=off", file}, c.flags...)...), 16<<20)
		})
	}
}

// TestMemoryOfPlan: of many small modules it is the plan that takes the most.
func TestMemoryOfPlan(t *testing.T) {
	if raced || runtime.GOOS != "linux" {
		t.Skip("the race detector has memory of its own, and other systems no VmHWM")
	}
	dir := t.TempDir()
	modules := make([]gen.Module, 40_000)
	for i := range modules {
		modules[i] = gen.Module{Name: fmt.Sprintf("layers.%d.experts.%d.up_proj", i%64, i/64), Out: 2, In: 2}
	}
	if err := gen.Write(filepath.Join(dir, "a"), gen.Spec{Name: "a", Base: "tiny", Modules: modules, Rank: 1, Alpha: 1, DType: safetensors.F32}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "recipe.yaml"), []byte("version: 1\nstages:\n  a: {load: a}\n  b: {scale: a, by: 2}\n  out: {save: b, to: out}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	checkPeak(t, plannedPeak(t, dir, "recipe.yaml"), peakOf(t, dir, "run", "--cache=off", "recipe.yaml"), 0)
}

// TestMemoryOfExperts: stacks of experts are held whole on their way in and out, four layers of a real
// model's here.
func TestMemoryOfExperts(t *testing.T) {
	if raced || runtime.GOOS != "linux" {
		t.Skip("the race detector has memory of its own, and other systems no VmHWM")
	}
	dir := t.TempDir()
	for _, name := range []string{"a", "b"} {
		spec := gen.Spec{Name: name, Base: "qwen3", Modules: gen.Qwen30BA3B()[:8], Rank: 8, Alpha: 16, DType: safetensors.BF16}
		if err := gen.Write(filepath.Join(dir, name), spec); err != nil {
			t.Fatal(err)
		}
	}
	recipe := "version: 1\nstages:\n  in: {load: {a: a, b: b}}\n  d: {delta: in}\n  s: {sum: d, norm: inputs}\n  m: {factor: s, rank: 16}\n  out: {save: m, to: out}\n"
	if err := os.WriteFile(filepath.Join(dir, "recipe.yaml"), []byte(recipe), 0o666); err != nil {
		t.Fatal(err)
	}
	checkPeak(t, plannedPeak(t, dir, "recipe.yaml"), peakOf(t, dir, "run", "--cache=off", "recipe.yaml"), 0)
}

// checkPeak wants a peak to be what was planned: at most a quarter less, and no more than a tenth more,
// since systems map pages in different sizes, or than one of the largest tensors, which may be made before the
// collector has got to the last one's memory.
func checkPeak(t *testing.T, want, got, tensor int64) {
	t.Helper()
	t.Logf("planned %d MB, taken %d MB", want/1e6, got/1e6)
	if got < want-want/4 || got > want+max(want/10, tensor) {
		t.Errorf("the plan says %d bytes, and the run took %d: %+.0f %%", want, got, 100*(float64(got)/float64(want)-1))
	}
}

// writeSquare writes adapters of some square layers.
func writeSquare(t *testing.T, dir string, layers, side int, names ...string) {
	t.Helper()
	var modules []gen.Module
	for i := range layers {
		modules = append(modules, gen.Module{Name: fmt.Sprintf("layers.%d.q_proj", i), Out: side, In: side})
	}
	for _, name := range names {
		if err := gen.Write(filepath.Join(dir, name), gen.Spec{Name: name, Base: "tiny", Modules: modules, Rank: 16, Alpha: 32, DType: safetensors.BF16}); err != nil {
			t.Fatal(err)
		}
	}
}

// peakOf starts loramerge and gives its peak resident memory in bytes.
func peakOf(t testing.TB, dir string, args ...string) int64 {
	t.Helper()
	into := filepath.Join(t.TempDir(), "status")
	command := exec.Command("loramerge-weighed", args...)
	command.Dir, command.Env = dir, append(os.Environ(), "LORAMERGE_PEAK="+into, "LORAMERGE_CACHE="+t.TempDir())
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	status, err := os.ReadFile(into)
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		if figure, found := strings.CutPrefix(lines.Text(), "VmHWM:"); found {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(figure, "kB")), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatalf("no VmHWM in %s", status)
	return 0
}

func plannedPeak(t *testing.T, dir string, args ...string) int64 {
	t.Helper()
	command := exec.Command("loramerge", append([]string{"plan", "--json"}, args...)...)
	command.Dir = dir
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var summary plan.Summary
	if err := json.Unmarshal(out, &summary); err != nil {
		t.Fatal(err)
	}
	return summary.Peak
}
