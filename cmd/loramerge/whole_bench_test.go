package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
)

// wholes are the merges that BenchmarkWhole times, of the adapters that are called in.
var wholes = []struct{ name, stages string }{
	{"ties", "t: {trim: in, density: 0.5}\n  e: {elect: t}\n  m: {average: e}"},
	{"dare", "d: {dare-drop: in, density: 0.5}\n  m: {average: d}"},
	{"slerp", "m: {slerp: in}"},
	{"delta-factor", "d: {delta: in}\n  s: {sum: d}\n  m: {factor: s, rank: 16}"},
}

const eightLoads = "a1: a1, a2: a2, a3: a3, a4: a4, a5: a5, a6: a6, a7: a7, a8: a8"

// BenchmarkWhole times whole processes: a merge of eight adapters with the shapes of
// Mistral 7B at rank 16, 224 modules, and in turn with it cat of their weights and cp of
// one. It reports the median of the ratios. All files are in the page cache.
func BenchmarkWhole(b *testing.B) {
	fast, portable := built(b), built(b, "-tags", "noasm")
	for _, dtype := range []safetensors.DType{safetensors.BF16, safetensors.F16, safetensors.F32} {
		b.Run(strings.ToLower(dtype.String()), func(b *testing.B) {
			w := newWhole(b, dtype)
			for _, merge := range wholes {
				w.write(b, merge.name, eightLoads, merge.stages)
				b.Run(merge.name, func(b *testing.B) {
					b.Run("to-reading", func(b *testing.B) {
						w.compare(b, w.run(fast, merge.name), w.read)
						b.ReportMetric(w.peak(b, merge.name)/1e6, "peak-MB")
					})
					b.Run("portable-to-assembly", func(b *testing.B) {
						w.compare(b, w.run(portable, merge.name), w.run(fast, merge.name))
					})
				})
			}
		})
	}
}

// BenchmarkPlanning times `loramerge plan` of 200 adapters of 2,000 modules each.
func BenchmarkPlanning(b *testing.B) {
	program, w := built(b), &whole{dir: b.TempDir()}
	modules := make([]gen.Module, 2000)
	for i := range modules {
		modules[i] = gen.Module{Name: fmt.Sprintf("model.layers.%d.self_attn.heads.%d.q_proj", i/8, i%8), Out: 2, In: 2}
	}
	var loads []string
	for i := range 200 {
		name := fmt.Sprintf("a%03d", i)
		loads = append(loads, name+": "+name)
		spec := gen.Spec{Name: name, Base: "mistral", Modules: modules, Rank: 1, Alpha: 2, DType: safetensors.BF16}
		if err := gen.Write(filepath.Join(w.dir, name), spec); err != nil {
			b.Fatal(err)
		}
	}
	w.write(b, "many", strings.Join(loads, ", "), "m: {ties: in, density: 0.5, space: delta, rank: 1}")
	w.plans(b, program, "many")
}

// BenchmarkPlanningExperts times `loramerge plan` of two adapters of a mixture of experts: 48 layers
// of two stacks of 128 each.
func BenchmarkPlanningExperts(b *testing.B) {
	program, w := built(b), &whole{dir: b.TempDir()}
	for _, name := range []string{"a", "b"} {
		spec := gen.Spec{Name: name, Base: "qwen3", Modules: gen.Qwen30BA3B(), Rank: 8, Alpha: 16, DType: safetensors.BF16}
		if err := gen.Write(filepath.Join(w.dir, name), spec); err != nil {
			b.Fatal(err)
		}
	}
	w.write(b, "experts", "a: a, b: b", "d: {delta: in}\n  s: {sum: d, norm: inputs}\n  m: {factor: s, rank: 16}")
	w.plans(b, program, "experts")
}

// plans times planning, and weighs it.
func (w *whole) plans(b *testing.B, program, name string) {
	b.Helper()
	var seconds []float64
	for b.Loop() {
		seconds = append(seconds, w.timed(b, program, "plan", name+".yaml").Seconds())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(seconds), "s")
	b.ReportMetric(float64(peakOf(b, w.dir, "plan", name+".yaml"))/1e6, "peak-MB")
}

// built is loramerge as a user would build it.
func built(b *testing.B, flags ...string) (path string) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "loramerge")
	if out, err := exec.Command("go", slices.Concat([]string{"build", "-o", path}, flags, []string{"."})...).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return path
}

// whole is a folder of eight adapters and of recipes that merge them.
type whole struct {
	dir     string
	weights []string
}

func newWhole(b *testing.B, dtype safetensors.DType) *whole {
	b.Helper()
	w := &whole{dir: b.TempDir()}
	for i := range 8 {
		name := fmt.Sprintf("a%d", i+1)
		spec := gen.Spec{Name: name, Base: "mistral", Modules: gen.Mistral7B(), Rank: 16, Alpha: 32, DType: dtype}
		if err := gen.Write(filepath.Join(w.dir, name), spec); err != nil {
			b.Fatal(err)
		}
		w.weights = append(w.weights, filepath.Join(w.dir, name, "adapter_model.safetensors"))
	}
	return w
}

func (w *whole) write(b *testing.B, name, loads, stages string) {
	b.Helper()
	text := "version: 1\nseed: 7\nstages:\n  in: {load: {" + loads + "}}\n  " + stages + "\n  out: {save: m, to: out}\n"
	if err := os.WriteFile(filepath.Join(w.dir, name+".yaml"), []byte(text), 0o666); err != nil {
		b.Fatal(err)
	}
}

// run is one merge, with nothing remembered but the hashes of the inputs.
func (w *whole) run(program, name string) func(b *testing.B) time.Duration {
	return func(b *testing.B) time.Duration {
		w.forget(b, name)
		return w.timed(b, program, "run", "--cache", "off", name+".yaml")
	}
}

// peak is the most bytes that were resident in such a merge.
func (w *whole) peak(b *testing.B, name string) float64 {
	w.forget(b, name)
	return float64(peakOf(b, w.dir, "run", "--cache=off", name+".yaml"))
}

// forget removes what a merge has made, which would leave the next nothing to do.
func (w *whole) forget(b *testing.B, name string) {
	b.Helper()
	for _, made := range []string{"out", name + ".lock.yaml"} {
		if err := os.RemoveAll(filepath.Join(w.dir, made)); err != nil {
			b.Fatal(err)
		}
	}
}

func (w *whole) read(b *testing.B) time.Duration {
	return w.timed(b, "cat", w.weights...) + w.timed(b, "cp", w.weights[0], filepath.Join(w.dir, "copy"))
}

// timed leaves standard output nil, which is the null device.
func (w *whole) timed(b *testing.B, program string, args ...string) time.Duration {
	command := exec.Command(program, args...)
	command.Dir, command.Env = w.dir, append(os.Environ(), "LORAMERGE_CACHE="+filepath.Join(w.dir, "cache"))
	start := time.Now()
	if err := command.Run(); err != nil {
		b.Fatalf("%s %v: %v", program, args, err)
	}
	return time.Since(start)
}

// compare runs both in turn, once more than it counts, since the first run hashes the inputs.
func (w *whole) compare(b *testing.B, ours, theirs func(*testing.B) time.Duration) {
	ours(b)
	theirs(b)
	var seconds, compared, ratios []float64
	for b.Loop() {
		a, c := ours(b).Seconds(), theirs(b).Seconds()
		seconds, compared, ratios = append(seconds, a), append(compared, c), append(ratios, a/c)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(seconds), "s")
	b.ReportMetric(median(compared), "compared-s")
	b.ReportMetric(median(ratios), "ratio")
}

func median(x []float64) float64 {
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}
