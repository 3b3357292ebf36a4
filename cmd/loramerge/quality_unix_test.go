//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// quality is a benchmark beside a checkout, if it is there: a language model for numpy, and a script that says what an
// adapter recovers.
const quality = "../../../shared/quality"

// qualityScript wraps the benchmark's script: it prints the bits per byte of each window of text.
const qualityScript = `import json, sys
sys.path.insert(0, sys.argv[1])
import evaluate
evaluate.fast_blas()
config, weights = evaluate.load_base()
delta = evaluate.deltas(sys.argv[2], {name: w.shape for name, w in weights.items()})
measured = evaluate.measure(evaluate.Model(config, weights, delta), sys.argv[3].split(","), nbytes=2560)
metrics, samples = {}, {}
for task, (windows, bits) in measured.items():
    values = [float(b) / config["context"] for b in bits]
    metrics[task] = {"bpb": {"value": sum(values) / len(values), "direction": "minimize"}}
    samples[task] = {"bpb": {"ids": [int(w) for w in windows], "values": values}}
print(json.dumps({"metrics": metrics, "samples": samples}))
`

const qualityRecipe = `version: 1
stages:
  experts: {load: {python: QUALITY/adapters/python-r8, german: QUALITY/adapters/german-r8}}
  deltas:  {delta: experts}
  merged:  {sum: deltas, norm: inputs}
  back:    {factor: merged, rank: 16}
  out:     {save: back, to: out}
  scores:
    evaluate: back
    experts: experts
    evaluators:
      bytelm: {run: [PYTHON, score.py, QUALITY, "{adapter}", "{tasks}"], inputs: score.py}
    tasks:
      python: {evaluator: bytelm, metric: bpb}
      german: {evaluator: bytelm, metric: bpb}
      base-text: {evaluator: bytelm, task: base, metric: bpb}
`

// TestQuality: a run says of real experts what the benchmark's own script says of the output: bits per
// byte, and the recovered shares.
func TestQuality(t *testing.T) {
	if testing.Short() || !exists(quality) {
		t.Skip("the benchmark is not there, or takes too long")
	}
	python := "/usr/bin/python3" // whose numpy is Debian's
	if err := exec.Command(python, "-c", "import numpy").Run(); err != nil {
		t.Skipf("there is no numpy: %v", err)
	}
	folder, err := filepath.Abs(quality)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fill := strings.NewReplacer("QUALITY", folder, "PYTHON", python)
	writeText(t, filepath.Join(dir, "score.py"), qualityScript)
	writeText(t, filepath.Join(dir, "merge.yaml"), fill.Replace(qualityRecipe))
	got := sharesOf(t, dir, "--allow-exec")

	script := exec.Command(python, filepath.Join(folder, "evaluate.py"), filepath.Join(dir, "out"), "--json", "--bytes", "2560")
	printed, err := script.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Tasks map[string]struct{ BPB, Recovery, SE float64 }
	}
	if err := json.Unmarshal(printed, &want); err != nil {
		t.Fatal(err)
	}
	const windows = 10
	for task, name := range map[string]string{"python": "python", "german": "german", "base": "base-text"} {
		is, of := got[name], want.Tasks[task]
		if math.Abs(is.score-of.BPB) > 1e-9 {
			t.Errorf("%s: %g bits per byte, and the script says %g", task, is.score, of.BPB)
		}
		// The script's bits of base and experts are rounded to three decimals, and it divides by n.
		if se := of.SE * math.Sqrt(windows/(windows-1.0)); math.Abs(is.share-of.Recovery) > 1e-4 || math.Abs(is.se-se) > 1e-4 {
			t.Errorf("%s: %g ± %g recovered, and the script says %g ± %g", task, is.share, is.se, of.Recovery, se)
		}
	}
	if again := sharesOf(t, dir); again["python"] != got["python"] { // it has no leave, and so starts nothing
		t.Errorf("a second run says %v", again)
	}
}

// recovered is what a run says of a task.
type recovered struct{ score, share, se float64 }

func sharesOf(t *testing.T, dir string, flags ...string) map[string]recovered {
	t.Helper()
	p := exec.Command("loramerge", append([]string{"run", "--json", "merge.yaml"}, flags...)...)
	p.Dir, p.Env = dir, append(os.Environ(), "LORAMERGE_CACHE="+filepath.Join(dir, "cache"))
	var said bytes.Buffer
	p.Stderr = &said
	printed, err := p.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &said)
	}
	type figure struct{ Value, SE float64 }
	var last struct {
		Result struct {
			Scores []struct {
				Candidates []struct {
					Results []struct {
						Task             string
						Score, Recovered figure
					}
				}
			}
		}
	}
	lines := bytes.Split(bytes.TrimSpace(printed), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil || len(last.Result.Scores) != 1 {
		t.Fatalf("%v: %s", err, printed)
	}
	out := make(map[string]recovered)
	for _, r := range last.Result.Scores[0].Candidates[0].Results {
		out[r.Task] = recovered{r.Score.Value, r.Recovered.Value, r.Recovered.SE}
	}
	return out
}
