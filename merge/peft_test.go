package merge_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// TestPEFTLoadsOutputs runs PEFT's own loading code on the output of every golden case
// and of every shared case that merges, and compares the ΔW that PEFT would add with a
// plain reading of the files. PEFT_SRC names the folder that holds peft/ of any commit;
// PEFT_PYTHON a Python with torch and numpy, unless python3 is one.
func TestPEFTLoadsOutputs(t *testing.T) {
	python, clients := peftPython(t)
	outputs := outputsForPEFT(t, python)
	if len(outputs) < 10 {
		t.Fatalf("only %d outputs: %q", len(outputs), outputs)
	}
	command := exec.Command(python, append([]string{filepath.Join(clients, "peft_client.py")}, outputs...)...)
	command.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	text, err := command.CombinedOutput()
	t.Logf("%s", text)
	if err != nil {
		t.Error(err)
	}
	if loaded := strings.Count(string(text), " loads "); loaded != len(outputs) {
		t.Errorf("PEFT has loaded %d of %d outputs", loaded, len(outputs))
	}
}

// peftPython is a Python that can run PEFT, and the folder of its clients.
func peftPython(t *testing.T) (python, clients string) {
	t.Helper()
	clients = filepath.Join(shared, "clients")
	python = os.Getenv("PEFT_PYTHON")
	if python == "" {
		python = "python3"
	}
	if os.Getenv("PEFT_SRC") == "" {
		t.Skip("skipping: PEFT_SRC does not name a source tree of PEFT")
	}
	if _, err := os.Stat(clients); err != nil {
		t.Skip("skipping: ../shared/clients is not there")
	}
	if out, err := exec.Command(python, "-c", "import torch, numpy").CombinedOutput(); err != nil {
		t.Skipf("skipping: %s has no torch or numpy: %s", python, out)
	}
	return python, clients
}

// TestPEFTLoadsExperts does the same with merges of stacked experts, at one rank and at several.
func TestPEFTLoadsExperts(t *testing.T) {
	python, clients := peftPython(t)
	work := t.TempDir()
	for i, name := range []string{"a", "b"} {
		if err := gen.Write(filepath.Join(work, name), gen.Spec{Name: name, Base: "tiny-moe", Rank: 2 + i, Alpha: 4, DType: safetensors.BF16, Modules: []gen.Module{
			{Name: "model.layers.0.mlp.experts.gate_up_proj", Out: 12, In: 8, Experts: 5},
			{Name: "model.layers.0.mlp.experts.down_proj", Out: 8, In: 6, Experts: 5},
			{Name: "model.layers.1.mlp.experts.gate_up_proj", Out: 12, In: 8, Experts: 5},
			{Name: "model.layers.1.mlp.experts.down_proj", Out: 8, In: 6, Experts: 5},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	recipe := filepath.Join(work, "r.yaml")
	writeFile(t, recipe, []byte(`version: 1
stages:
  x:      {load: {a: a, b: b}}
  exact:  {concat: x}
  cut:    {svd: x, energy: 0.9}
  half:   {select: exact, include: "layers.1.*.down_proj"}
  first:  {save: exact, to: first}
  second: {save: cut, to: second, dtype: float32}
  third:  {save: half, to: third}
`))
	p, err := plan.Load(recipe, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	result, err := run.Run(t.Context(), p, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	arguments := []string{filepath.Join("testdata", "peft_experts.py"), clients}
	for _, out := range result.Outputs {
		arguments = append(arguments, out.Path)
	}
	command := exec.Command(python, arguments...)
	command.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	text, err := command.CombinedOutput()
	t.Logf("%s", text)
	if err != nil {
		t.Error(err)
	}
	if loaded := strings.Count(string(text), " loads "); loaded != len(result.Outputs) {
		t.Errorf("PEFT has loaded %d of %d outputs", loaded, len(result.Outputs))
	}
}

// outputsForPEFT runs the recipes of all cases and lists what they saved.
func outputsForPEFT(t *testing.T, python string) []string {
	t.Helper()
	work := t.TempDir()
	for _, pattern := range []string{"../testdata/golden/*/case.json", filepath.Join(shared, "golden", "*", "case.json")} {
		cases, _ := filepath.Glob(pattern)
		for _, path := range cases {
			from := filepath.Dir(path)
			to := filepath.Join(work, "golden", filepath.Base(filepath.Dir(filepath.Dir(from)))+"-"+filepath.Base(from))
			copyFolder(t, from, to)
		}
	}
	makers, _ := filepath.Glob(filepath.Join(shared, "cases", "*", "make.py"))
	for _, maker := range makers {
		to := filepath.Join(work, "cases", filepath.Base(filepath.Dir(maker)))
		make := exec.Command(python, maker, to)
		make.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
		if text, err := make.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", maker, err, text)
		}
		recipes, _ := filepath.Glob(filepath.Join(filepath.Dir(maker), "*.yaml"))
		for _, recipe := range recipes {
			text, err := os.ReadFile(recipe)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, filepath.Join(to, filepath.Base(recipe)), text)
		}
	}
	recipes, _ := filepath.Glob(filepath.Join(work, "*", "*", "*.yaml"))
	var outputs []string
	for _, path := range recipes {
		p, err := plan.Load(path, plan.Options{})
		if err != nil {
			t.Logf("refused: %s", err)
			continue
		}
		result, err := run.Run(t.Context(), p, run.Options{})
		p.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, out := range result.Outputs {
			outputs = append(outputs, out.Path)
		}
	}
	return outputs
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(to, "out", peft.ConfigFile)); err == nil {
		t.Fatalf("%s holds an output already", from)
	}
}
