package gen_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
)

var files = []string{"adapter_config.json", "adapter_model.safetensors"}

// TestCommitted: what lies in testdata/adapters is what the generator writes.
func TestCommitted(t *testing.T) {
	committed := filepath.Join("..", "..", "..", "testdata", "adapters")
	for _, spec := range gen.Examples() {
		t.Run(spec.Name, func(t *testing.T) {
			dir := write(t, spec)
			for _, file := range files {
				if !bytes.Equal(read(t, filepath.Join(dir, file)), read(t, filepath.Join(committed, spec.Name, file))) {
					t.Errorf("%s is not what is generated; run `go run ./internal/testgen` and review the change", file)
				}
			}
		})
	}
	entries, err := os.ReadDir(committed)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(gen.Examples()) {
		t.Errorf("%s holds %d entries, and %d adapters are generated", committed, len(entries), len(gen.Examples()))
	}
}

// TestCommittedHeldout: so is what the tutorial's evaluator asks.
func TestCommittedHeldout(t *testing.T) {
	for name, want := range gen.HeldoutExamples() {
		if !bytes.Equal(want, read(t, filepath.Join("..", "..", "..", "testdata", "evaluator", "heldout", name))) {
			t.Errorf("%s is not what is generated; run `go run ./internal/testgen` and review the change", name)
		}
	}
}

// TestReplaces: a shorter adapter leaves nothing of a longer one.
func TestReplaces(t *testing.T) {
	long, short := gen.Examples()[0], gen.Examples()[3]
	dir := write(t, long)
	if err := gen.Write(dir, short); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !bytes.Equal(read(t, filepath.Join(dir, file)), read(t, filepath.Join(write(t, short), file))) {
			t.Errorf("%s differs from one written to an empty folder", file)
		}
	}
}

// TestModels: at rank 16 an adapter of all linear layers has as many parameters as PEFT's
// print_trainable_parameters says for these models.
func TestModels(t *testing.T) {
	const rank = 16
	for _, c := range []struct {
		name    string
		modules []gen.Module
		want    int
	}{{"Mistral 7B", gen.Mistral7B(), 41_943_040}, {"Llama 3.2 1B", gen.Llama1B(), 11_272_192}} {
		parameters := 0
		for _, m := range c.modules {
			parameters += rank * (m.Out + m.In)
		}
		if parameters != c.want {
			t.Errorf("%s: %d parameters", c.name, parameters)
		}
	}
}

// TestSpread: A of in = 48 has the deviation 1/√(3·48) = 1/12 of PEFT's start.
func TestSpread(t *testing.T) {
	const deviation = 1.0 / 12
	file, err := safetensors.Open(filepath.Join(write(t, gen.Examples()[0]), files[1]))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for layer := range 3 {
		tensor, ok := file.Lookup(fmt.Sprintf("base_model.model.model.layers.%d.mlp.down_proj.lora_A.weight", layer))
		if !ok {
			t.Fatalf("layer %d has no such tensor", layer)
		}
		raw, x := make([]byte, tensor.Size()), make([]float32, tensor.Elements())
		if err := file.ReadAt(tensor, raw, 0); err != nil {
			t.Fatal(err)
		}
		kernels.DecodeF32(x, raw)
		// The deviation of n = 384 normal values is within 4/√(2n) = 14 % of the true one.
		if got := math.Sqrt(kernels.SumSquares(x) / float64(len(x))); math.Abs(got/deviation-1) > 0.14 {
			t.Errorf("layer %d: deviation %g, expected %g", layer, got, deviation)
		}
	}
}

// TestRefuses: the mistakes of a programmer panic, those of data are errors.
func TestRefuses(t *testing.T) {
	twice := gen.Examples()[0]
	twice.Modules = append(twice.Modules, twice.Modules[0])
	if err := gen.Write(t.TempDir(), twice); err == nil {
		t.Error("a module's name may occur twice")
	}
	for name, spec := range map[string]gen.Spec{
		"rank 0":    {Modules: gen.Tiny(), DType: safetensors.F32},
		"dtype I64": {Modules: gen.Tiny(), Rank: 1, DType: safetensors.I64},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			gen.Write(t.TempDir(), spec)
		})
	}
}

// BenchmarkWrite writes the first four layers of Mistral 7B at rank 16 in bfloat16.
func BenchmarkWrite(b *testing.B) {
	spec := gen.Spec{Name: "bench", Modules: gen.Mistral7B()[:4*7], Rank: 16, Alpha: 32, DType: safetensors.BF16}
	dir := b.TempDir()
	for b.Loop() {
		if err := gen.Write(dir, spec); err != nil {
			b.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, files[1]))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
}

func write(t *testing.T, spec gen.Spec) string {
	t.Helper()
	dir := t.TempDir()
	if err := gen.Write(dir, spec); err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
