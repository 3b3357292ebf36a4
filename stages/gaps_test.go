package stages_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/stages"
)

// gap is the module that sql lacks in these tests.
const gap = "layers.1.q_proj"

// TestGaps: with `missing: zero` an adapter that lacks a module counts as one whose
// module is zero, whatever the verb; without it the verb refuses, or passes the gap on.
func TestGaps(t *testing.T) {
	for _, kind := range stages.All {
		if !kind.Declares("missing") || !strings.Contains(kind.Example, "sql") {
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			for _, held := range ways {
				inputs := exampleInputs(t, held, normal)
				if !accepts(t, kind.Example, inputs) {
					continue
				}
				whole := inputs["sql"]
				inputs["sql"] = whole.without(gap)
				line := "m: " + strings.TrimSuffix(kind.Example, "}") + ", missing: zero}"
				got := play(t, inputs, line)
				if out, err := newCourse(inputs, 1).play("m: " + kind.Example); err == nil && !slices.ContainsFunc(out.value(gap), absent) {
					t.Errorf("%s: not asked to, and the gap is closed", held)
				}
				inputs["sql"] = blanked(whole)
				compareTensors(t, held, got, play(t, inputs, line))
			}
		})
	}
}

func absent(p stages.Part) bool { return p.Absent() }

// blanked is the flow with zeros at the gap.
func blanked(f flow) flow {
	out := flow{f.Type, make(map[string]stages.Value)}
	for name, value := range f.at {
		out.at[name] = slices.Clone(value)
		if name != gap {
			continue
		}
		for _, m := range out.at[name][0].Tensors() {
			m.Data = make([]float32, len(m.Data))
		}
	}
	return out
}

// compareTensors wants the same numbers; a part that is absent counts as zero.
func compareTensors(t *testing.T, what string, got, want flow) {
	t.Helper()
	for _, module := range want.Union() {
		for i, p := range want.value(module) {
			for j, x := range tensors(want.Space, p) {
				y := make([]float64, len(x))
				if part := got.value(module)[i]; !part.Absent() {
					y = tensors(got.Space, part)[j]
				}
				if e := far(y, x); !(e <= 1e-12) {
					t.Errorf("%s: %s of %s differs by %g", what, module, p.Adapter, e)
				}
			}
		}
	}
}

// TestGapDType: the one that lacks the module does not count for its dtype.
func TestGapDType(t *testing.T) {
	inputs := exampleInputs(t, "factors", normal)
	inputs["sql"] = inputs["sql"].without(gap)
	out := play(t, inputs, "m: {sum: [python, sql], missing: zero}")
	if m, _ := out.Members[0].Find(gap); m.A.DType != adapter.F16 {
		t.Errorf("float16 and nothing make %s", m.A.DType)
	}
	if m, _ := out.Members[0].Find("layers.0.q_proj"); m.A.DType != adapter.F32 {
		t.Errorf("float16 and bfloat16 make %s", m.A.DType)
	}
}

// TestGapOfWhole: no number of a head can stand for the base model's own weights.
func TestGapOfWhole(t *testing.T) {
	head := withHead(kindOf{shapes, 4, 2, adapter.F32, normal(1)}.make("python"), adapter.F32)
	inputs := map[string]flow{"python": head, "sql": kindOf{shapes, 4, 2, adapter.F32, normal(2)}.make("sql")}
	_, err := newCourse(inputs, 1).play("m: {average: [python, sql], missing: zero}")
	wantFault(t, err, 6, "has no \"score.weight\"", "select: [python, sql]")
}
