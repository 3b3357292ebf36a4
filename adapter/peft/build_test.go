package peft

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// stored is a tensor for a test's file: values, which are encoded to dtype, or bytes.
type stored struct {
	name   string
	dtype  adapter.DType
	shape  []int
	values []float32
	bytes  []byte
}

// ramp is a float32 tensor of that shape that holds 1, 2, 3, …
func ramp(name string, shape ...int) stored {
	size := 1
	for _, n := range shape {
		size *= n
	}
	values := make([]float32, size)
	for i := range values {
		values[i] = float32(i + 1)
	}
	return stored{name: name, dtype: adapter.F32, shape: shape, values: values}
}

// pairOf is a module's A [r, in] and B [out, r] under PEFT's names.
func pairOf(module string, r, in, out int) []stored {
	names := tensorNames(module, adapter.Linear)
	return []stored{ramp(names[0], r, in), ramp(names[1], out, r)}
}

// configWith is an ordinary configuration with some fields set, by name and JSON text,
// or left out, by name and "".
func configWith(fields ...string) string {
	all := map[string]string{
		"peft_type": `"LORA"`, "base_model_name_or_path": `"org/model"`, "r": "2", "lora_alpha": "4", "target_modules": `["q_proj"]`,
	}
	for i := 0; i < len(fields); i += 2 {
		all[fields[i]] = fields[i+1]
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] != "" {
			lines = append(lines, fmt.Sprintf("  %q: %s", name, all[name]))
		}
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n}\n"
}

// folder writes an adapter.
func folder(t *testing.T, config string, tensors ...stored) string {
	t.Helper()
	path := t.TempDir()
	writeFile(t, filepath.Join(path, ConfigFile), []byte(config))
	writeWeights(t, path, nil, tensors...)
	return path
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func writeWeights(t *testing.T, path string, metadata map[string]string, tensors ...stored) {
	t.Helper()
	var specs []safetensors.Spec
	for _, s := range tensors {
		specs = append(specs, safetensors.Spec{Name: s.name, DType: s.dtype, Shape: s.shape})
	}
	layout, err := safetensors.NewLayout(specs, metadata)
	if err != nil {
		t.Fatal(err)
	}
	file, err := safetensors.Create(filepath.Join(path, WeightsFile), layout)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range tensors {
		if s.bytes == nil {
			s.bytes = make([]byte, len(s.values)*s.dtype.Bits()/8)
			adapter.Encode(s.bytes, s.values, s.dtype)
		}
		if err := file.WriteAt(s.name, s.bytes, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// mustOpen opens a folder that is expected to be right, and closes it with the test.
func mustOpen(t *testing.T, path string) *adapter.Adapter {
	t.Helper()
	a, err := open(path, adapter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// opened opens a folder made of a configuration and tensors.
func opened(t *testing.T, config string, tensors ...stored) *adapter.Adapter {
	t.Helper()
	return mustOpen(t, folder(t, config, tensors...))
}

// openWith opens a folder that holds a tensor beside its pair.
func openWith(t *testing.T, tensor stored) *adapter.Adapter {
	t.Helper()
	return opened(t, configWith(), append(pairOf("q_proj", 2, 3, 4), tensor)...)
}

// expectFault opens a folder that is expected to be refused with all of the texts.
func expectFault(t *testing.T, path string, texts ...string) {
	t.Helper()
	a, err := open(path, adapter.Options{})
	if err == nil {
		a.Close()
		t.Fatalf("was opened; expected %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("got %v\nwithout %q", err, text)
		}
	}
	record(t, path, err)
}

// module finds a module that must be there.
func module(t *testing.T, a *adapter.Adapter, name string) *adapter.Module {
	t.Helper()
	m, ok := a.Find(name)
	if !ok {
		t.Fatalf("no module %q", name)
	}
	return m
}

// only is the one error that err gathers.
func only(t *testing.T, err error) error {
	t.Helper()
	all, ok := errors.AsType[*multierror.Error](err)
	if !ok || len(all.Errors) != 1 {
		t.Fatalf("not one error: %v", err)
	}
	return all.Errors[0]
}

// manyExpressions is a pattern of n keys that are true regular expressions.
func manyExpressions(n int) string {
	var entries []string
	for i := range n {
		entries = append(entries, fmt.Sprintf(`"h[%05d]": 1`, i))
	}
	return "{" + strings.Join(entries, ", ") + "}"
}

// createWeights creates the weights' file of a folder as PEFT writes it.
func createWeights(path string, modules []*adapter.Module, metadata map[string]string) (*adapter.Writer, error) {
	return (&adapter.Layout{Packing: adapter.Safetensors, Stored: places(modules, adapter.NoExperts)}).Create(path, metadata)
}

// Tensors are read and written in blocks: so many bytes are read, and so many elements written,
// at a time.
const (
	readAtATime    = 256 << 10
	writtenAtATime = 32 << 10
)
