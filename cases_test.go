package loramerge_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// sharedCases are situations from public bug reports, beside a checkout, if they are there.
const sharedCases = "../shared/cases"

// makeCase writes a case's adapters and recipes into a folder of the test's own.
func makeCase(t *testing.T, name string) string {
	t.Helper()
	from := filepath.Join(sharedCases, name)
	if _, err := os.Stat(from); err != nil {
		t.Skip("skipped: " + from + " is not there")
	}
	dir := t.TempDir()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import numpy").Run() != nil {
			continue
		}
		make := exec.Command(python, filepath.Join(from, "make.py"), dir)
		make.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
		if out, err := make.CombinedOutput(); err != nil {
			t.Fatalf("make.py: %v\n%s", err, out)
		}
		recipes, _ := filepath.Glob(filepath.Join(from, "*.yaml"))
		for _, path := range recipes {
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), readFile(t, path), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	t.Skip("skipped: there is no Python with numpy")
	return ""
}

// runCase runs a recipe of a case.
func runCase(t *testing.T, path string) *plan.Plan {
	t.Helper()
	p, err := plan.Load(path, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	if _, err := run.Run(t.Context(), p, run.Options{Lock: run.LockIgnore}); err != nil {
		t.Fatal(err)
	}
	return p
}

// refusal plans a recipe of a case that must be refused.
func refusal(t *testing.T, path string) string {
	t.Helper()
	p, err := plan.Load(path, plan.Options{})
	if err == nil {
		p.Close()
		t.Fatal("the planner accepts it")
	}
	return err.Error()
}

func wantTexts(t *testing.T, got string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(got, text) {
			t.Errorf("got %s\nwithout %q", got, text)
		}
	}
}

func openCase(t *testing.T, path string) *adapter.Adapter {
	t.Helper()
	a, err := formats.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func namesOf(a *adapter.Adapter) []string {
	var names []string
	for _, m := range a.Modules {
		names = append(names, m.Name)
	}
	return names
}

func TestCaseOfWeightTying(t *testing.T) {
	dir := makeCase(t, "F02-ensure-weight-tying")
	runCase(t, filepath.Join(dir, "m.yaml"))
	var config struct {
		Tied bool `json:"ensure_weight_tying"`
	}
	if err := json.Unmarshal(readFile(t, filepath.Join(dir, "out/m", peft.ConfigFile)), &config); err != nil || !config.Tied {
		t.Errorf("ensure_weight_tying is lost: %v", err)
	}
}

func TestCaseOfFilesBeside(t *testing.T) {
	p := runCase(t, filepath.Join(makeCase(t, "F04-files-beside"), "m.yaml"))
	var said strings.Builder
	for _, w := range p.Warnings {
		said.WriteString(w.Error() + "\n")
	}
	wantTexts(t, said.String(), "new_embeddings.safetensors", "value_head.safetensors", "non_lora_trainables.bin", "a, b: a tokenizer is next to the adapter", "a, b: a chat template is next to the adapter")
}

func TestCaseOfWrappers(t *testing.T) {
	dir := makeCase(t, "F05-wrapper-prefix")
	want := namesOf(openCase(t, filepath.Join(dir, "plain")))
	for _, recipe := range []string{"one.yaml", "two.yaml"} {
		runCase(t, filepath.Join(dir, recipe))
	}
	for _, name := range []string{"compiled", "inner", "fsdp", "ddp", "out/compiled", "out/fsdp", "out/two"} {
		if got := namesOf(openCase(t, filepath.Join(dir, name))); !slices.Equal(got, want) {
			t.Errorf("%s: modules %q, not %q", name, got, want)
		}
	}
}

func TestCaseOfNoPairs(t *testing.T) {
	wantTexts(t, refusal(t, filepath.Join(makeCase(t, "F06-no-pairs"), "m.yaml")), "has no pair", `an adapter that is called "lora"`)
}

func TestCaseOfAutoMapping(t *testing.T) {
	dir := makeCase(t, "F08-config-fields-lost")
	config, err := peft.MergedConfig([]*adapter.Adapter{openCase(t, filepath.Join(dir, "a")), openCase(t, filepath.Join(dir, "b"))}, nil, adapter.Base{}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	wantTexts(t, string(config), `"base_model_class": "MyModel"`, `"parent_library": "my.lib"`)
}

func TestCaseOfGroupedConvolution(t *testing.T) {
	dir := makeCase(t, "F10-grouped-conv")
	path := filepath.Join(dir, "m.yaml")
	source := "version: 1\nstages:\n  both: {load: {a: a, b: b}}\n  m: {svd: both, rank: 4}\n  o: {save: m, to: out}\n"
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	runCase(t, path)
	if got := namesOf(openCase(t, filepath.Join(dir, "out"))); !slices.Equal(got, []string{"conv1[0/2]", "conv1[1/2]"}) {
		t.Errorf("modules %q", got)
	}
}

func TestCaseOfUnknownVariants(t *testing.T) {
	wantTexts(t, refusal(t, filepath.Join(makeCase(t, "F13-notes-only-in-inspect"), "m.yaml")),
		`sets "some_new_variant", which this version does not know`, "allow-unknown: [some_new_variant]", "arrow_config is set")
}
