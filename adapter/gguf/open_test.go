package gguf_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	format "github.com/loramerge/loramerge/adapter/gguf"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/gguf"
	"github.com/loramerge/loramerge/internal/golden"
)

func alpha(x float32) gguf.Pair {
	return gguf.Pair{Key: "adapter.lora.alpha", Kind: gguf.Float32, Bits: uint64(math.Float32bits(x))}
}

// says are the pairs of an adapter, but for those that are replaced.
func says(instead ...gguf.Pair) []gguf.Pair {
	all := []gguf.Pair{gguf.TextPair("general.architecture", "llama"), gguf.TextPair("general.type", "adapter"), gguf.TextPair("adapter.type", "lora"), alpha(8)}
	for _, p := range instead {
		for i := range all {
			if all[i].Key == p.Key {
				all[i] = p
			}
		}
	}
	return all
}

func spec(name string, shape ...int) gguf.Spec {
	return gguf.Spec{Name: name, Type: gguf.F32, Shape: shape}
}

func made(t *testing.T, pairs []gguf.Pair, specs ...gguf.Spec) string {
	t.Helper()
	layout, err := gguf.NewLayout(specs, pairs)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.gguf")
	w, err := gguf.Create(path, layout)
	if err != nil {
		t.Fatal(err)
	}
	for _, tensor := range layout.Tensors() {
		if err := w.WriteAt(tensor.Name, make([]byte, tensor.Size()), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenRefuses(t *testing.T) {
	const a, b = "blk.0.attn_v.weight.lora_a", "blk.0.attn_v.weight.lora_b"
	sound := []gguf.Spec{spec(a, 2, 8), spec(b, 4, 2)}
	gathered := golden.Gather(t, "testdata/"+t.Name()+".golden")
	for name, c := range map[string]struct {
		pairs []gguf.Pair
		specs []gguf.Spec
		want  string
	}{
		"no architecture":       {says()[1:], sound, "has no general.architecture, so that llama.cpp does not load it as an adapter"},
		"no type":               {says()[:1], sound, "has no general.type"},
		"a model":               {says(gguf.TextPair("general.type", "model")), sound, `is no LoRA adapter: its general.type is "model", not "adapter"`},
		"control vectors":       {says(gguf.TextPair("adapter.type", "control_vector")), sound, `its adapter.type is "control_vector", not "lora"`},
		"type as a number":      {says(gguf.Pair{Key: "general.type", Kind: gguf.Uint32}), sound, "has a general.type of type u32, not a string"},
		"alpha as text":         {says(gguf.TextPair("adapter.lora.alpha", "8")), sound, "has no number of type f32 as its adapter.lora.alpha"},
		"alpha NaN":             {says(alpha(float32(math.NaN()))), sound, "has no number of type f32"},
		"nothing":               {says(), nil, "holds no pair of tensors"},
		"norms alone":           {says(), []gguf.Spec{spec("blk.0.attn_norm.weight", 8)}, "holds no pair of tensors"},
		"an A alone":            {says(), sound[:1], `tensor "blk.0.attn_v.weight.lora_a" has no other half, blk.0.attn_v.weight.lora_b`},
		"a B alone":             {says(), sound[1:], `tensor "blk.0.attn_v.weight.lora_b" has no other half, blk.0.attn_v.weight.lora_a`},
		"something else":        {says(), append([]gguf.Spec{spec("rope_freqs.weight", 8)}, sound...), `tensor "rope_freqs.weight" is neither half of a pair nor a norm`},
		"ranks that differ":     {says(), []gguf.Spec{spec(a, 2, 8), spec(b, 4, 3)}, "whose ranks differ or are 0"},
		"rank 0":                {says(), []gguf.Spec{spec(a, 0, 8), spec(b, 4, 0)}, "whose ranks differ or are 0"},
		"vectors":               {says(), []gguf.Spec{spec(a, 2), spec(b, 4)}, "where pairs of matrices are expected"},
		"stacks that differ":    {says(), []gguf.Spec{spec(a, 3, 2, 8), spec(b, 2, 4, 2)}, "where pairs of matrices are expected"},
		"stacks of other ranks": {says(), []gguf.Spec{spec(a, 3, 2, 8), spec(b, 3, 4, 1)}, "which don't fit"},
		"a large stack":         {says(), []gguf.Spec{spec(a, 5000, 1, 1), spec(b, 5000, 1, 1)}, "where pairs of matrices are expected"},
		"quantized":             {says(), []gguf.Spec{{Name: a, Type: 2, Shape: []int{2, 32}}, {Name: b, Type: 2, Shape: []int{4, 32}}}, "is of type Q4_0, which is not read"},
	} {
		t.Run(name, func(t *testing.T) {
			path := made(t, c.pairs, c.specs...)
			opened, err := format.Format.Open(path, adapter.Options{})
			if err == nil {
				opened.Close()
				t.Fatal("it is accepted")
			}
			all := fault.List(err)
			if f, ok := all[0].(*fault.Fault); !ok || !strings.Contains(f.Error(), c.want) || f.Remedy == "" {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
			gathered.Add(strings.ReplaceAll(all[0].Error(), path, "x.gguf"))
		})
	}
}

func TestOpenOfAnotherArchitecture(t *testing.T) {
	path := made(t, says(gguf.TextPair("general.architecture", "mamba"), alpha(0)), spec("blk.0.ssm_in.weight.lora_a", 2, 8), spec("blk.0.ssm_in.weight.lora_b", 4, 2))
	opened, err := format.Format.Open(path, adapter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	golden.Compare(t, "testdata/unfit.golden", []byte(strings.ReplaceAll(opened.Unfit.Error(), path, "x.gguf")+"\n"))
	if m := opened.Modules[0]; m.Name != "blk.0.ssm_in" || m.Scale != 1 || m.Rank != 2 {
		t.Errorf("it is opened as %+v", m)
	}
}

func TestFind(t *testing.T) {
	folder := t.TempDir()
	content := []byte("GGUF\x03\x00\x00\x00")
	for name, c := range map[string]struct {
		file  string
		at    string
		found bool
	}{
		"a file":            {"lora.gguf", "lora.gguf", true},
		"a file by letters": {"lora", "lora", true},
		"a folder":          {"one/adapter.gguf", "one", true},
		"another folder":    {"two/lora.gguf", "two", false},
		"nothing":           {"", "none", false},
	} {
		if c.file != "" {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, c.file)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, c.file), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		files, found := format.Format.Find(filepath.Join(folder, c.at))
		if found != c.found || found && files.Weights != filepath.Join(folder, c.file) {
			t.Errorf("%s: %v, %v", name, files, found)
		}
	}
}

// FuzzOpen opens any bytes as an adapter. What is wrong is a Fault, and what is accepted can be read.
func FuzzOpen(f *testing.F) {
	for _, pattern := range []string{"*.gguf", "*/*.gguf"} {
		files, _ := filepath.Glob(filepath.Join(vectors, "gguf", pattern))
		for _, path := range files {
			if content, err := os.ReadFile(path); err == nil {
				f.Add(content)
			}
		}
	}
	f.Add([]byte("GGUF\x03\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "x.gguf")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		opened, err := format.Format.Open(path, adapter.Options{})
		if err != nil {
			for _, e := range fault.List(err) {
				if _, ok := e.(*fault.Fault); !ok {
					t.Fatalf("%v is no Fault", e)
				}
			}
			return
		}
		defer opened.Close()
		for i := range opened.Modules {
			m := &opened.Modules[i]
			for _, tensor := range m.Tensors() {
				p := make([]byte, tensor.Size())
				if err := opened.ReadRaw(tensor, p); err != nil {
					t.Fatal(err)
				}
			}
		}
		header, err := opened.Store.Header()
		if err != nil || !bytes.HasPrefix(content, header) {
			t.Fatalf("its header is not the file's beginning: %v", err)
		}
	})
}
