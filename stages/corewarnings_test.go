package stages_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/stages"
)

// TestCoreWarnings: an adapter beside a near copy of itself. tsv brings their difference to
// full strength, regress without a ridge blows it up where they want different things of
// nearly the same inputs; both say so, and what they advise helps.
func TestCoreWarnings(t *testing.T) {
	k := kindOf{shapes, 4, 2, adapter.F32, normal(1)}
	a := k.make("a")
	k.fill = normal(2)
	b := k.make("b")
	for module, value := range b.at {
		if part := value[0]; part.A.Data != nil {
			for i, x := range a.at[module][0].A.Data {
				part.A.Data[i] = x + 1e-3*part.A.Data[i]
			}
		}
	}
	for line, want := range map[string][]string{
		"{tsv: c, cut: 0.000001}": {" % of the result's ‖ΔW‖² comes from directions in which adapters nearly agree, at 4 modules, the most at ",
			": they are differences, at full strength; `cut: 0.1` leaves them out"},
		"{tsv: c, cut: 0.1}": nil,
		"{regress: c, ridge: 0}": {" times as large as all the adapters together, at ", ": their row spaces nearly meet there, and without a ridge the difference between them is blown up",
			"; give it a ridge, such as `ridge: 0.1`"},
		"{regress: c, ridge: 0.1}": nil,
	} {
		c := newCourse(map[string]flow{"a": a, "b": b}, 1)
		byKind := make(map[stages.DeviationKind][]stages.Deviation)
		var mu sync.Mutex
		c.report = func(d stages.Deviation) {
			mu.Lock()
			defer mu.Unlock()
			byKind[d.Kind] = append(byKind[d.Kind], d)
		}
		if _, err := c.play("c: {core: [a, b]}", "m: "+line); err != nil {
			t.Fatal(err)
		}
		said := ""
		for kind, found := range byKind {
			if kind.Warns() {
				said += stages.Warn(fault.Position{}, kind, found).Error()
			}
		}
		for _, part := range want {
			if !strings.Contains(said, part) {
				t.Errorf("%s: %q, without %q", line, said, part)
			}
		}
		if want == nil && said != "" {
			t.Errorf("%s: %s", line, said)
		}
	}
}
