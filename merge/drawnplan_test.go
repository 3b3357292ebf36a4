package merge_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
	"pgregory.net/rapid"
)

// bodies are stages to draw from; %s is where the inputs go.
var bodies = []string{
	"{select: %s, include: \"*.q\"}", "{select: %s, exclude: score.weight}", "{scale: %s, by: -0.5}", "{scale: %s, alpha: fold}",
	"{rank: %s, to: 3}", "{rank: %s, to: 1, how: truncate}", "{delta: %s}", "{factor: %s, rank: 2}", "{factor: %s, energy: 0.7}",
	"{factor: %s, budget: 2, max-rank: 3}", "{trim: %s, density: 0.5}", "{trim: %s, density: 0.2, scope: adapter}",
	"{elect: %s}", "{elect: %s, by: frequency, tie: majority, missing: zero}", "{dare-drop: %s, density: 0.4}",
	"{dare-drop: %s, by: disagreement}", "{dare-drop: %s, density: 0.5, rescale: l2}", "{average: %s}", "{average: %s, over: agreeing, missing: zero}",
	"{average: %s, over: weights, weights: {layers: [0, 1]}}", "{average: %s, weights: -1, weights-on: delta}", "{sum: %s, weights: 0.5}",
	"{sum: %s, missing: zero}", "{slerp: %s}", "{slerp: %s, scope: row, missing: zero}", "{slerp: %s, order: tree}", "{karcher: %s}",
	"{concat: %s}", "{concat: %s, missing: zero}", "{rescale: %s, like: a}", "{rescale: %s, like: b, scope: adapter}", "{rescale: %s, by: 2}",
	"{linear: %s}", "{ties: %s, density: 0.5}", "{ties: %s, density: 0.5, like: peft, space: delta, rank: 2}", "{dare: %s, density: 0.5, space: delta, energy: 0.9}",
	"{dare-ties: %s, density: 0.5}", "{svd: %s, rank: 2}",
}

// TestDrawnPlans: whatever stages are put together, the planner refuses them with
// Faults, or they run.
func TestDrawnPlans(t *testing.T) {
	dir := t.TempDir()
	for i, adapter := range tinyAdapters() {
		adapter.write(t, filepath.Join(dir, string(rune('a'+i))))
	}
	accepted := 0
	rapid.Check(t, func(draw *rapid.T) {
		text := drawPlan(draw)
		parsed, err := recipe.Parse(filepath.Join(dir, "recipe.yaml"), []byte(text), stages.Verbs())
		if err != nil {
			draw.Fatalf("%s%v", text, err)
		}
		p, err := plan.New(parsed, dir, plan.Options{})
		defer func() { p.Close() }()
		if err == nil {
			accepted++
			draw.Log(text)
			carryOut(draw, t.TempDir(), p)
		}
	})
	t.Logf("%d plans were accepted", accepted)
}

// drawPlan draws a chain of stages, each of which takes some of those before it.
func drawPlan(t *rapid.T) string {
	text, names := "version: 1\nstages:\n", []string{}
	for _, name := range []string{"a", "b", "c"} {
		text += fmt.Sprintf("  %s: {load: %s}\n", name, name)
		names = append(names, name)
	}
	for i := range rapid.IntRange(1, 5).Draw(t, "stages") {
		from := rapid.SampledFrom(names)
		inputs := rapid.SliceOfNDistinct(from, 1, min(3, len(names)), rapid.ID).Draw(t, "inputs")
		body := rapid.SampledFrom(bodies).Draw(t, "body")
		name := fmt.Sprintf("s%d", i)
		text += fmt.Sprintf("  %s: %s\n", name, fmt.Sprintf(body, "["+strings.Join(inputs, ", ")+"]"))
		names = append(names, name, name) // the later ones twice as often
	}
	last := names[len(names)-1]
	return text + fmt.Sprintf("  o: {save: %s, to: o}\n", last)
}
