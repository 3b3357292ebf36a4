package merge_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"gonum.org/v1/gonum/mat"
)

// BenchmarkDeltaTies merges one square module of eight adapters, made dense, and
// brings it back to rank 16. Beside the smaller stands the full decomposition of one such
// matrix, which is what that would take without a truncated one.
func BenchmarkDeltaTies(b *testing.B) {
	for _, n := range []int{1024, 4096} {
		b.Run(fmt.Sprint(n, "/loramerge"), func(b *testing.B) {
			dir := b.TempDir()
			list, _ := generate(b, dir, 8, []gen.Module{{Name: "model.layers.0.self_attn.q_proj", Out: n, In: n}})
			runBenchmark(b, benchRecipe(b, dir, list, "{ties: ["+list+"], density: 0.5, space: delta, rank: 16}"))
		})
		if n > 1024 {
			continue // the full decomposition takes minutes
		}
		b.Run(fmt.Sprint(n, "/full-svd"), func(b *testing.B) {
			dense, rng := mat.NewDense(n, n, nil), rand.New(rand.NewPCG(1, uint64(n)))
			for i := range dense.RawMatrix().Data {
				dense.RawMatrix().Data[i] = rng.NormFloat64() // of full rank, as a merge's noise is
			}
			for b.Loop() {
				var svd mat.SVD
				if !svd.Factorize(dense, mat.SVDThin) {
					b.Fatal("no convergence")
				}
			}
		})
	}
}

// generate writes adapters and gives their names, as a recipe lists them, and the
// bytes of their weights.
func generate(b *testing.B, dir string, n int, modules []gen.Module) (list string, size int64) {
	b.Helper()
	var names []string
	for i := range n {
		name := string(rune('a' + i))
		spec := gen.Spec{Name: name, Base: "mistral", Modules: modules, Rank: 16, Alpha: 32, DType: safetensors.BF16}
		if err := gen.Write(filepath.Join(dir, name), spec); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, name, "adapter_model.safetensors"))
		if err != nil {
			b.Fatal(err)
		}
		names, size = append(names, name), size+info.Size()
	}
	return strings.Join(names, ", "), size
}

func benchRecipe(b *testing.B, dir, list, merged string) string {
	b.Helper()
	text := "version: 1\nstages:\n"
	for name := range strings.SplitSeq(list, ", ") {
		text += fmt.Sprintf("  %s: {load: %s}\n", name, name)
	}
	path := filepath.Join(dir, "recipe.yaml")
	writeFile(b, path, []byte(text+"  m: "+merged+"\n  o: {save: m, to: out}\n"))
	return path
}

// runBenchmark plans and runs, and reports the most memory that was resident, beside
// the plan's own figure.
func runBenchmark(b *testing.B, recipe string) {
	forgetPeak()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	var figure int64
	options := run.Options{Lock: run.LockIgnore}
	for b.Loop() {
		p, err := plan.Load(recipe, plan.Options{})
		if err != nil {
			b.Fatal(err)
		}
		figure = run.Peak(p, options)
		debug.SetMemoryLimit(figure - 8<<20) // as the command does
		if _, err := run.Run(b.Context(), p, options); err != nil {
			b.Fatal(err)
		}
		p.Close()
	}
	b.ReportMetric(float64(figure)/1e6, "planned-MB")
	if peak, ok := peakResident(); ok {
		b.ReportMetric(float64(peak)/1e6, "peak-MB")
	}
}

// forgetPeak starts the kernel's count of the peak anew (proc_pid_clear_refs(5)).
func forgetPeak() {
	debug.FreeOSMemory()
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // elsewhere than on Linux there is no count
}

// peakResident is the kernel's VmHWM, in bytes.
func peakResident() (int64, bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	_, after, ok := bytes.Cut(status, []byte("VmHWM:"))
	fields := strings.Fields(string(after))
	if !ok || len(fields) == 0 {
		return 0, false
	}
	kilobytes, err := strconv.ParseInt(fields[0], 10, 64)
	return kilobytes << 10, err == nil
}
