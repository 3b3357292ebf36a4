package loramerge_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

var blockForm = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// blocks are a page's blocks of code in a language.
func blocks(t *testing.T, page, language string) (out []string) {
	t.Helper()
	for _, m := range blockForm.FindAllStringSubmatch(string(readFile(t, page)), -1) {
		if m[1] == language {
			out = append(out, m[2])
		}
	}
	return out
}

// adapters are there, and stand for those that the page names.
var adapters = strings.NewReplacer("adapters/math", "adapters/python", "adapters/science", "adapters/sql")

// TestEvaluatePageRecipes plans the page's recipes, with the words of their commands, and there is nothing to warn of.
func TestEvaluatePageRecipes(t *testing.T) {
	all := blocks(t, "docs/evaluate.md", "yaml")
	if len(all) < 4 {
		t.Fatalf("only %d recipes found", len(all))
	}
	for _, text := range all {
		parsed, err := recipe.Parse("docs/evaluate.md", []byte(adapters.Replace(text)), stages.Verbs())
		if err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		p, err := plan.New(parsed, "testdata", plan.Options{})
		if err != nil {
			t.Errorf("%v\n%s", err, text)
		}
		for _, warning := range p.Warnings {
			if !strings.Contains(warning.Error(), "which is an input of the command") { // and which readers have
				t.Errorf("%v\n%s", warning, text)
			}
		}
		if len(p.Commands()) == 0 {
			t.Errorf("nothing is evaluated in\n%s", text)
		}
		p.Close()
	}
}

// modules stand for what an evaluator in Python imports: a model whose loss is a text's length.
var modules = map[string]string{
	"torch.py":        "import contextlib\nno_grad = contextlib.nullcontext\n",
	"transformers.py": "class Ids:\n  def __init__(self, text): self.input_ids = text\nclass AutoTokenizer:\n  def from_pretrained(base): return lambda text, return_tensors: Ids(text)\nclass AutoModelForCausalLM:\n  def from_pretrained(base): return base\n",
	"peft.py": "class Loss:\n  def __init__(self, ids): self.loss = self; self.ids = ids\n  def item(self): return float(len(self.ids))\n" +
		"class PeftConfig:\n  def from_pretrained(adapter):\n    config = PeftConfig(); config.base_model_name_or_path = 'base'; return config\n" +
		"class PeftModel:\n  def from_pretrained(base, adapter): return PeftModel()\n  def eval(self): return self\n  def __call__(self, ids, labels): return Loss(ids)\n",
}

// TestEvaluatePageScript runs the page's evaluator in Python, with a model that stands for one.
func TestEvaluatePageScript(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no Python")
	}
	scripts := blocks(t, "docs/evaluate.md", "python")
	if len(scripts) != 1 || strings.Count(scripts[0], "\n") > 10+1 { // the last statement takes two lines
		t.Fatalf("%d scripts: %q", len(scripts), scripts)
	}
	dir := t.TempDir()
	texts := map[string]string{"eval.py": scripts[0], "heldout.json": `["ab", "abcd"]`}
	for _, files := range []map[string]string{modules, texts} {
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	script := exec.Command(python, "eval.py", "adapter", "heldout.json")
	script.Dir = dir
	printed, err := script.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	run, err := results.Parse("eval.py", printed)
	if err != nil {
		t.Fatal(err)
	}
	m, err := run.Measure("python", "bits")
	if err != nil || math.Abs(m.Value-3/math.Ln2) > 1e-12 || m.Direction != results.Minimize || len(m.Documents) != 2 {
		t.Errorf("%+v, %v", m, err)
	}
}

// rowForm is a row of numbers in a table.
var rowForm = regexp.MustCompile(`(?m)^\| ([0-9.]+) ((?:\| [0-9]+(?: %)? )+)\|$`)

// tables are the rows of the page's tables of numbers, by the first.
func tables(t *testing.T) map[string][]int {
	t.Helper()
	out := make(map[string][]int)
	for _, m := range rowForm.FindAllStringSubmatch(string(readFile(t, "docs/evaluate.md")), -1) {
		for _, cell := range strings.Split(strings.Trim(m[2], "| "), "|") {
			n, err := strconv.Atoi(strings.Trim(cell, " %"))
			if err != nil {
				t.Fatal(err)
			}
			out[m[1]] = append(out[m[1]], n)
		}
	}
	return out
}

// TestEvaluatePageNeeded: n = (z·s/distance)², and to pass four times in five ((z₉₅ + z₈₀)/z₉₅)² as many.
func TestEvaluatePageNeeded(t *testing.T) {
	rows := tables(t)
	for _, distance := range []float64{0.01, 0.02, 0.05, 0.1} {
		var want []int
		for _, s := range []float64{0.5, 0.4, 0.3, 0.1} {
			n, _ := stats.Needed(s, distance, 0.95)
			want = append(want, n)
		}
		if got := rows[fmt.Sprintf("%.2f", distance)]; !slices.Equal(got, want) {
			t.Errorf("%.2f: the page says %d, and it is %d", distance, got, want)
		}
	}
	ratio := 1 + stats.Critical(0.8, 0)/stats.Critical(0.95, 0)
	if more := ratio * ratio; math.Abs(more-2.3) > 0.05 {
		t.Errorf("a fairly sure pass takes %.2f times as many", more)
	}
}

// TestEvaluatePageShares: how often a gate on a recovered share passes, by drawing answers of three
// models with the page's chances, correlated 0.8 on the latent scale (a common normal variable).
func TestEvaluatePageShares(t *testing.T) {
	const runs, gate = 300, 0.85
	rows := tables(t)
	random := rand.New(rand.NewPCG(1, 2))
	var below []float64
	for _, chance := range []float64{0.4, 0.7, 0.4 + 0.95*0.3} { // base, expert, merged
		below = append(below, stats.Critical(max(chance, 1-chance), 0)*math.Copysign(1, chance-0.5))
	}
	for _, documents := range []int{100, 300, 1000, 3000} {
		passed := [2]int{}
		for range runs {
			var answers [3][]float64
			for i := range answers {
				answers[i] = make([]float64, documents)
			}
			for d := range documents {
				common := math.Sqrt(0.8) * random.NormFloat64()
				for i := range below {
					if common+math.Sqrt(0.2)*random.NormFloat64() < below[i] {
						answers[i][d] = 1
					}
				}
			}
			design := new(stats.Design)
			base, expert, merged := stats.Mean(answers[0], design), stats.Mean(answers[1], design), stats.Mean(answers[2], design)
			critical := stats.Critical(0.95, documents-1)
			paired, _ := stats.QuotientOf(merged.Minus(base), expert.Minus(base)).Fieller(critical)
			summary := func(e stats.Estimate) stats.Summary { return stats.Summary{Value: e.Value, SE: e.SE()} }
			alone, _ := stats.QuotientOfGains(summary(base), summary(expert), summary(merged)).Fieller(critical)
			for i, bounds := range []stats.Interval{paired, alone} {
				if bounds.Lower >= gate {
					passed[i]++
				}
			}
		}
		for i, of := range passed {
			got, want := 100*float64(of)/runs, rows[strconv.Itoa(documents)][i]
			if math.Abs(got-float64(want)) > 8 { // three standard errors of 300 runs, and Fieller's interval beside the delta method's
				t.Errorf("%d documents: %.0f %% pass, and the page says %d", documents, got, want)
			}
		}
	}
}
