package stages_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// ways are how what flows can be held: the space factors, the space delta's two, and core.
var ways = []string{"factors", "product", "dense", "core"}

// narrow are the verbs that work in one space only; all others do in any.
var narrow = map[string]string{"rank": "factors", "delta": "factors", "core": "factors", "concat": "factors", "svd": "factors", "save": "factors", "evaluate": "factors", "factor": "delta"}

// only are the ways that a verb takes, where it does not take a whole space.
var only = map[string][]string{"tsv": {"core"}, "regress": {"core"}, "flatten": {"product", "core"}}

// TestConformance: what every verb of the table promises, by its own example and in
// every space. A new verb needs no line here.
func TestConformance(t *testing.T) {
	for _, kind := range stages.All {
		t.Run(kind.Name, func(t *testing.T) {
			for _, held := range ways {
				space := narrow[kind.Name]
				taken, meant := accepts(t, kind.Example, exampleInputs(t, held, normal)), (space == "" || (space == "factors") == (held == "factors")) && (only[kind.Name] == nil || slices.Contains(only[kind.Name], held))
				if taken != meant {
					t.Errorf("%s: its example is taken: %v", held, taken)
				} else if taken {
					t.Run(held, func(t *testing.T) { conform(t, kind, held) })
				}
			}
		})
	}
}

// exampleInputs are the stages that the examples of the table speak of: adapters of
// one rank and scale, as the space factors needs them, and of three dtypes.
func exampleInputs(t testing.TB, held string, fill func(seed uint64) func([]float32)) map[string]flow {
	t.Helper()
	inputs := make(map[string]flow)
	for i, name := range []string{"python", "sql", "merged"} {
		dtype := []adapter.DType{adapter.F16, adapter.BF16, adapter.F64}[i]
		inputs[name] = kindOf{shapes, 4, 2, dtype, fill(uint64(i))}.make(name)
	}
	return brought(t, held, inputs)
}

// accepts reports whether the example can be planned; what is refused must be told as
// a Fault with a place.
func accepts(t *testing.T, line string, inputs map[string]flow) bool {
	t.Helper()
	_, err := newCourse(inputs, 1).play("m: " + line)
	if err == nil {
		return true
	}
	for _, e := range fault.List(err) {
		if f, ok := e.(*fault.Fault); !ok || f.Line < 1 {
			t.Errorf("refused with %T: %v", e, e)
		}
	}
	return false
}

func newCourse(inputs map[string]flow, workers int) *course {
	return &course{flows: maps.Clone(inputs), memory: new(poison), workers: workers}
}

func conform(t *testing.T, kind *stages.Kind, held string) {
	line := "m: " + kind.Example
	inputs := exampleInputs(t, held, normal)
	before := fingerprints(inputs)
	var first []byte
	for _, workers := range []int{1, 1, 2, 8} {
		out, err := newCourse(inputs, workers).play(line)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = fingerprint(out)
			checkFlow(t, kind, inputs, out)
		} else if !bytes.Equal(fingerprint(out), first) {
			t.Errorf("played again, with %d workers: other bytes", workers)
		}
	}
	if !maps.EqualFunc(fingerprints(inputs), before, bytes.Equal) {
		t.Error("an input was written to")
	}
	blank := exampleInputs(t, held, func(uint64) func([]float32) { return zeros })
	if out := play(t, blank, line); !finite(out) {
		t.Error("NaN or Inf out of adapters that are all zero")
	}
}

// fingerprint is all that flows, bit for bit.
func fingerprint(f flow) []byte {
	var all []byte
	for _, module := range f.Union() {
		for _, p := range f.value(module) {
			all = append(all, module+" "+p.Adapter...)
			for _, m := range p.Tensors() {
				all = fmt.Append(all, m.Rows, m.Cols)
				for _, x := range m.Data {
					all = binary.LittleEndian.AppendUint32(all, math.Float32bits(x))
				}
			}
		}
	}
	return all
}

func fingerprints(flows map[string]flow) map[string][]byte {
	all := make(map[string][]byte)
	for name, f := range flows {
		all[name] = fingerprint(f)
	}
	return all
}

func finite(f flow) bool {
	for _, module := range f.Union() {
		for _, p := range f.value(module) {
			for _, m := range p.Tensors() {
				if slices.ContainsFunc(m.Data, func(x float32) bool { return math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) }) {
					return false
				}
			}
		}
	}
	return true
}

// checkFlow holds what came out against the type that Bind promised.
func checkFlow(t *testing.T, kind *stages.Kind, inputs map[string]flow, out flow) {
	t.Helper()
	if !finite(out) {
		t.Error("NaN or Inf: memory that nobody wrote to, or arithmetic")
	}
	if strings.HasSuffix(kind.Flow, "→ 1") && len(out.Members) != 1 {
		t.Errorf("%q says one adapter, and %q flow out", kind.Flow, out.Names())
	}
	if strings.HasPrefix(kind.Flow, "n → 1") && out.Names()[0] != "m" {
		t.Errorf("what stage m makes is called %q", out.Names()[0])
	}
	for _, module := range out.Union() {
		for i, p := range out.value(module) {
			if p.Adapter != out.Members[i].Name {
				t.Errorf("%s: part %d is called %q, its type %q", module, i, p.Adapter, out.Members[i].Name)
			}
			m, _ := out.Members[i].Find(module)
			checkPart(t, out.Type, m, p)
			if kind.Takes == recipe.TakesAdapters && !strings.HasPrefix(kind.Flow, "1 → file") {
				checkDType(t, m, inputs, strings.HasPrefix(kind.Flow, "n → 1"))
			}
		}
	}
}

func checkPart(t *testing.T, typ stages.Type, m *adapter.Module, p stages.Part) {
	t.Helper()
	if typ.Space == stages.Core {
		if p.A.Data != nil || p.Bases == nil || p.W.Rows > min(m.Rank, m.Out()) || p.W.Cols > min(m.Rank, m.In()) || len(p.W.Data) != p.W.Rows*p.W.Cols {
			t.Errorf("%s: M [%d, %d] of ranks that sum to %d, out %d, in %d", m.Name, p.W.Rows, p.W.Cols, m.Rank, m.Out(), m.In())
		}
		return
	}
	if typ.Dense {
		if p.A.Data != nil || p.W.Rows != m.Out() || p.W.Cols != m.In() || len(p.W.Data) != m.Out()*m.In() {
			t.Errorf("%s: W [%d, %d] in a dense delta of [%d, %d]", m.Name, p.W.Rows, p.W.Cols, m.Out(), m.In())
		}
		return
	}
	want := fmt.Sprint(m.Rank, m.In(), m.Out(), m.Rank, m.Rank*m.In(), m.Out()*m.Rank, m.A.Shape[0], m.B.Shape[1])
	got := fmt.Sprint(p.A.Rows, p.A.Cols, p.B.Rows, p.B.Cols, len(p.A.Data), len(p.B.Data), p.A.Rows, p.B.Cols)
	if p.W.Data != nil || got != want {
		t.Errorf("%s: A [%d, %d] and B [%d, %d]; the type says rank %d, out %d, in %d", m.Name, p.A.Rows, p.A.Cols, p.B.Rows, p.B.Cols, m.Rank, m.Out(), m.In())
	}
	if typ.Space == stages.Delta && m.Scale != 1 {
		t.Errorf("%s: a delta of the scale %v", m.Name, m.Scale)
	}
	if math.Abs(m.Alpha-m.Scale*float64(m.Rank)) > 1e-9 {
		t.Errorf("%s: alpha %v, rank %d and scale %v", m.Name, m.Alpha, m.Rank, m.Scale)
	}
}

// checkDType: what is made of a float16 and a bfloat16 adapter is float32, as in
// torch (the two halves promote to it); everything else keeps its dtype.
func checkDType(t *testing.T, m *adapter.Module, inputs map[string]flow, combined bool) {
	t.Helper()
	want := []adapter.DType{adapter.F32}
	if !combined {
		want = []adapter.DType{adapter.F16, adapter.BF16, adapter.F64}
	}
	if !slices.Contains(want, m.A.DType) || m.B.DType != m.A.DType {
		t.Errorf("%s: A is %s and B %s of %d adapters; want one of %v", m.Name, m.A.DType, m.B.DType, len(inputs), want)
	}
}
