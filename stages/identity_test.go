package stages_test

import (
	"bytes"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/stages"
)

// neutral says for every verb with which parameters one adapter comes out of it as
// it went in. A scale of 1 is needed by those that fold it.
var neutral = map[string]string{
	"load":        "",
	"select":      `{select: one, include: "*"}`,
	"scale":       "{scale: one, alpha: fold}",
	"weigh":       "{weigh: one}",
	"rank":        "{rank: one, to: 4}",
	"delta":       "{delta: one}",
	"core":        "", // U·M·Vᵀ is rounded: TestCore
	"factor":      "{factor: one, rank: 4}",
	"trim":        "{trim: one, density: 1}",
	"breadcrumbs": "{breadcrumbs: one, density: 1}",
	"elect":       "{elect: one}",
	"dare-drop":   "{dare-drop: one, density: 1}",
	"average":     "{average: one}",
	"sum":         "{sum: one}",
	"slerp":       "{slerp: one}",
	"karcher":     "{karcher: one}",
	"concat":      "{concat: one}",
	"rescale":     "{rescale: one, like: one}",
	"tsv":         "", // a decomposition is rounded: TestTSV
	"regress":     "", // so is a solution: TestRegress
	"sce":         "{sce: one}",
	"flatten":     "{flatten: one, power: 1}",
	"linear":      "{linear: one, like: peft}",
	"ties":        "{ties: one, density: 1, like: ties-paper}",
	"dare":        "{dare: one, density: 1, rescale: l2}",
	"dare-ties":   "{dare-ties: one, density: 1, like: mergekit}",
	"svd":         "{svd: one, rank: 4}",
	"save":        "{save: one, to: out}",
	"evaluate":    "{evaluate: one, tasks: {python: {run: [eval], metric: loss}}}",
}

// TestIdentity: one adapter at weight 1 keeps its bytes, those of −0 included.
func TestIdentity(t *testing.T) {
	one := kindOf{shapes, 4, 1, adapter.F32, coarse(3)}.make("one")
	one.Members[0].Name = "m"
	for _, value := range one.at {
		value[0].Adapter = "m" // as a verb that makes one adapter calls it
	}
	for _, kind := range stages.All {
		line, ok := neutral[kind.Name]
		if !ok {
			t.Errorf("neutral has no line for %s: with which parameters does it give back its one input?", kind.Name)
		}
		if line == "" {
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			taken := 0
			for _, held := range ways {
				in := brought(t, held, map[string]flow{"one": one})["one"]
				out, err := newCourse(map[string]flow{"one": in}, 1).play("m: " + line)
				if err != nil || out.Dense != in.Dense || (in.Dense || held == "core" || out.Space == stages.Core) && out.Space != in.Space {
					continue // of another space
				}
				taken++
				if !bytes.Equal(fingerprint(out), fingerprint(in)) {
					t.Errorf("%s: other bytes", held)
				}
			}
			if taken == 0 {
				t.Error("refused in every space")
			}
		})
	}
}
