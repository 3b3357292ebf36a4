//go:build unix

package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
)

// slow takes seconds: dense deltas are factored anew at every module.
const slow = `version: 1
stages:
  a:      {load: a}
  b:      {load: b}
  merged: {ties: [a, b], density: 0.5, space: delta, rank: 64}
  out:    {save: merged, to: out/merged}
`

// TestInterrupt: Ctrl-C in the middle of a merge, or a closed terminal, leaves what was
// there before, and nothing else.
func TestInterrupt(t *testing.T) {
	for _, kind := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(kind.String(), func(t *testing.T) {
			if signal.Ignored(kind) {
				t.Skip("this test, and so what it starts, runs under nohup or the like")
			}
			interrupt(t, kind)
		})
	}
}

func interrupt(t *testing.T, kind syscall.Signal) {
	dir := t.TempDir()
	writeSlow(t, dir, 28)
	earlier := filepath.Join(dir, "out", "merged", adapter.WeightsFile)
	before := read(t, earlier)
	p := begin(t, dir, "run", "--force", "slow.yaml")
	awaitWork(t, filepath.Join(dir, "out"), p.ended)
	p.signal(t, kind)
	p.wait(t)
	p.wantInterrupted(t, kind)
	if entries := list(t, filepath.Join(dir, "out")); len(entries) != 1 || !bytes.Equal(read(t, earlier), before) {
		t.Errorf("it left %q", entries)
	}
}

// soon is what a test allows an interrupted process on a machine that has other work too. What is
// promised is a second.
const soon = 4 * time.Second

// TestInterruptedSoon: one interrupt ends whatever takes long, and leaves no file behind.
func TestInterruptedSoon(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes large adapters")
	}
	for _, c := range []struct {
		name  string
		scene func(t *testing.T, dir string)
		args  []string
	}{
		{"dense factor", largeScene("{ties: all, density: 0.5, space: delta, rank: 64}"), []string{"run", "recipe.yaml"}},
		{"dense energy", largeScene("{ties: all, density: 0.9, space: delta, energy: 0.99}"), []string{"run", "recipe.yaml"}},
		{"karcher", manyScene("{karcher: all}"), []string{"run", "recipe.yaml"}},
		{"measuring", manyScene("{average: all}"), []string{"run", "--measure=all", "recipe.yaml"}},
		{"planning", stagesScene, []string{"plan", "recipe.yaml"}},
		{"validating", stagesScene, []string{"validate", "recipe.yaml"}},
		{"hashing", vastScene, []string{"plan", "--digests", "recipe.yaml"}},
		{"explaining", vastScene, []string{"explain", "recipe.yaml", "a"}},
		{"comparing", largeScene("{sum: all}"), []string{"diff", "a0", "a1"}},
		{"verifying", mergedScene, []string{"verify", "out/merged"}},
		{"reporting", mergedScene, []string{"report", "out/merged"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			c.scene(t, dir)
			before := tree(t, dir)
			p := begin(t, dir, c.args...)
			p.awaitUse(t, 300*time.Millisecond)
			p.signal(t, syscall.SIGINT)
			took := p.wait(t)
			t.Logf("it ended %v after the interrupt", took.Round(time.Millisecond))
			if took > soon {
				t.Errorf("it ended %v after the interrupt", took)
			}
			p.wantInterrupted(t, syscall.SIGINT)
			if after := tree(t, dir); !slices.Equal(after, before) {
				t.Errorf("it left %q, where there was %q", after, before)
			}
		})
	}
}

// TestSecondInterrupt: who is in a hurry does not wait for the first to be heeded, and
// finds nothing half-written either.
func TestSecondInterrupt(t *testing.T) {
	dir := t.TempDir()
	writeSlow(t, dir, 28)
	before := tree(t, dir)
	p := begin(t, dir, "run", "--force", "slow.yaml")
	awaitWork(t, filepath.Join(dir, "out"), p.ended)
	p.signal(t, syscall.SIGINT)
	p.signal(t, syscall.SIGINT)
	if took := p.wait(t); took > soon {
		t.Errorf("it ended %v after the second interrupt", took)
	}
	p.wantInterrupted(t, syscall.SIGINT)
	if after := tree(t, dir); !slices.Equal(after, before) {
		t.Errorf("it left %q, where there was %q", after, before)
	}
}

// process is a loramerge at work.
type process struct {
	*exec.Cmd
	stderr bytes.Buffer
	ended  chan error
	since  time.Time // of the last signal
}

// begin keeps the program's temporary files and its cache in dir, where tree sees them.
func begin(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command("loramerge", args...), ended: make(chan error, 1)}
	temp := filepath.Join(dir, "tmp")
	if err := os.MkdirAll(temp, 0o777); err != nil {
		t.Fatal(err)
	}
	p.Dir, p.Stderr = dir, &p.stderr
	p.Env = append(os.Environ(), "LORAMERGE_CACHE="+filepath.Join(dir, "cache"), "TMPDIR="+temp)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.Wait() }()
	return p
}

// awaitUse waits until the process has used the processor for so long, by which it catches
// signals and is at work, however much else the machine has to do. Where the system doesn't
// tell, it waits for so long.
func (p *process) awaitUse(t *testing.T, long time.Duration) {
	t.Helper()
	began := time.Now()
	for {
		used, known := processorTime(p.Process.Pid)
		if !known {
			used = time.Since(began)
		}
		if used >= long {
			return
		}
		select {
		case err := <-p.ended:
			t.Fatalf("it has ended before it could be interrupted: %v\n%s", err, &p.stderr)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// processorTime is the 14th and 15th field of /proc/PID/stat, in hundredths of a second: time
// in the program and in the system. The name before them is in brackets.
func processorTime(pid int) (used time.Duration, known bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, found := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if err != nil || !found || len(fields) < 13 {
		return 0, false
	}
	for _, field := range fields[11:13] {
		ticks, err := strconv.Atoi(field)
		if err != nil {
			return 0, false
		}
		used += time.Duration(ticks) * 10 * time.Millisecond
	}
	return used, true
}

func (p *process) signal(t *testing.T, kind os.Signal) {
	t.Helper()
	p.since = time.Now()
	if err := p.Process.Signal(kind); err != nil {
		t.Logf("the process has ended already: %v", err)
	}
}

func (p *process) wait(t *testing.T) time.Duration {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		p.Process.Kill()
		<-p.ended
		t.Error("it did not end within a minute")
	}
	return time.Since(p.since)
}

func (p *process) wantInterrupted(t *testing.T, kind syscall.Signal) {
	t.Helper()
	if code := p.ProcessState.ExitCode(); code != 128+int(kind) {
		t.Errorf("exit code %d", code)
	}
	if !strings.HasSuffix(p.stderr.String(), interrupted) {
		t.Errorf("it said %q", &p.stderr)
	}
}

// tree lists the files and folders below dir, but for the cache's finished entries.
func tree(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		relative, _ := filepath.Rel(dir, path)
		inCache := strings.HasPrefix(relative, "cache")
		if relative != "tmp" && (!inCache || strings.HasPrefix(entry.Name(), "new-")) {
			all = append(all, relative)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func writeRecipe(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "recipe.yaml"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// largeScene is two adapters of a few layers of 4096², merged by a stage.
func largeScene(stage string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		var modules []gen.Module
		for i := range 6 {
			modules = append(modules, gen.Module{Name: fmt.Sprintf("layers.%d.q_proj", i), Out: 4096, In: 4096})
		}
		writeMany(t, dir, 2, modules, stage)
	}
}

// manyScene is sixty adapters of some layers, merged by a stage.
func manyScene(stage string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		var modules []gen.Module
		for i := range 24 {
			modules = append(modules, gen.Module{Name: fmt.Sprintf("layers.%d.q_proj", i), Out: 512, In: 512})
		}
		writeMany(t, dir, 60, modules, stage)
	}
}

func writeMany(t *testing.T, dir string, count int, modules []gen.Module, stage string) {
	t.Helper()
	var loads []string
	for i := range count {
		name := fmt.Sprintf("a%d", i)
		spec := gen.Spec{Name: name, Base: "tiny", Modules: modules, Rank: 16, Alpha: 16, DType: safetensors.BF16}
		if err := gen.Write(filepath.Join(dir, name), spec); err != nil {
			t.Fatal(err)
		}
		loads = append(loads, name+": "+name)
	}
	writeRecipe(t, dir, fmt.Sprintf("version: 1\nstages:\n  all: {load: {%s}}\n  m: %s\n  out: {save: m, to: out}\n", strings.Join(loads, ", "), stage))
}

// stagesScene is a recipe of many stages over an adapter of many modules.
func stagesScene(t *testing.T, dir string) {
	var modules []gen.Module
	for i := range 6000 {
		modules = append(modules, gen.Module{Name: fmt.Sprintf("layers.%d.q_proj", i), Out: 2, In: 2})
	}
	spec := gen.Spec{Name: "a", Base: "tiny", Modules: modules, Rank: 1, Alpha: 1, DType: safetensors.BF16}
	if err := gen.Write(filepath.Join(dir, "a"), spec); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("version: 1\nstages:\n  s0: {load: a}\n")
	const stages = 900
	for i := range stages {
		fmt.Fprintf(&text, "  s%d: {select: s%d, exclude: \"layers.%d.q_proj\"}\n", i+1, i, i)
	}
	fmt.Fprintf(&text, "  out: {save: s%d, to: out}\n", stages)
	writeRecipe(t, dir, text.String())
}

// vastScene is an adapter of many gigabytes, which take no room on the disk: zeros.
func vastScene(t *testing.T, dir string) {
	const rank, in = 8, 1 << 30
	header, err := json.Marshal(map[string]any{
		"base_model.model.l.0.q.lora_A.weight": map[string]any{"dtype": "F32", "shape": []int{rank, in}, "data_offsets": []int{0, 4 * rank * in}},
		"base_model.model.l.0.q.lora_B.weight": map[string]any{"dtype": "F32", "shape": []int{1, rank}, "data_offsets": []int{4 * rank * in, 4 * rank * (in + 1)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a", adapter.WeightsFile)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(8+len(header)+4*rank*(in+1))); err != nil {
		t.Skipf("no file of so many zeros can be made: %v", err)
	}
	config := fmt.Sprintf(`{"peft_type": "LORA", "base_model_name_or_path": "tiny", "r": %d, "lora_alpha": %d, "target_modules": ["q"]}`, rank, rank)
	if err := os.WriteFile(filepath.Join(dir, "a", adapter.ConfigFile), []byte(config), 0o666); err != nil {
		t.Fatal(err)
	}
	writeRecipe(t, dir, "version: 1\nstages:\n  a: {load: a}\n  out: {save: a, to: out}\n")
}

// mergedScene has the output of the slow recipe.
func mergedScene(t *testing.T, dir string) {
	writeSlow(t, dir, 5)
	p := begin(t, dir, "run", "--force", "--quiet", "--cache=off", "--measure=none", "slow.yaml")
	if err := <-p.ended; err != nil {
		t.Fatalf("%v\n%s", err, &p.stderr)
	}
}

// writeSlow writes two adapters of some modules, each of which takes a third of a second, the
// recipe, and an earlier output.
func writeSlow(t *testing.T, dir string, count int) {
	t.Helper()
	var modules []gen.Module
	for _, m := range gen.Mistral7B()[:count] {
		modules = append(modules, gen.Module{Name: m.Name, Out: 512, In: 512})
	}
	for name, folder := range map[string]string{"a": "a", "b": "b", "earlier": "out/merged"} {
		spec := gen.Spec{Name: name, Base: "tiny", Modules: modules, Rank: 8, Alpha: 16, DType: safetensors.BF16}
		if err := gen.Write(filepath.Join(dir, folder), spec); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "slow.yaml"), []byte(slow), 0o666); err != nil {
		t.Fatal(err)
	}
}

// awaitWork waits until there is something beside the earlier output: the new one
// under construction.
func awaitWork(t *testing.T, folder string, ended <-chan error) {
	t.Helper()
	for len(list(t, folder)) < 2 {
		select {
		case err := <-ended:
			t.Fatalf("the merge has ended before it could be interrupted: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
}

func list(t *testing.T, folder string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}
