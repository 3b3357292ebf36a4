package peft

import (
	"testing"

	"github.com/loramerge/loramerge/adapter"
)

// TestExpertsBeside: an adapter that does not show its layout by itself may do so beside one that does.
func TestExpertsBeside(t *testing.T) {
	one := func(release string, in, out int) *adapter.Adapter {
		fields := []string{}
		if release != "" {
			fields = []string{"peft_version", `"` + release + `"`}
		}
		return opened(t, moe(`["experts.down_proj"]`, fields...), stackOf("l.0.experts", 3, 2, in, out)...)
	}
	for what, c := range map[string]struct {
		a, known *adapter.Adapter
		want     adapter.ExpertLayout
		certain  bool
	}{
		"the same":           {one("", 3, 8), one("0.19.1", 3, 8), adapter.InputsInA, true},
		"swapped":            {one("", 8, 3), one("0.19.1", 3, 8), adapter.OutputsInA, true},
		"swapped, old":       {one("", 3, 8), one("0.19.0", 3, 8), adapter.OutputsInA, true},
		"square":             {one("", 8, 8), one("0.19.1", 8, 8), adapter.UnknownLayout, false},
		"other shapes":       {one("", 8, 4), one("0.19.1", 3, 8), adapter.UnknownLayout, false},
		"both unknown":       {one("", 8, 3), one("", 3, 8), adapter.UnknownLayout, false},
		"assumed rightly":    {one("0.18.1", 8, 3), one("0.19.1", 3, 8), adapter.OutputsInA, true},
		"assumed wrongly":    {one("0.18.1", 3, 8), one("0.19.1", 3, 8), adapter.InputsInA, true},
		"assumed and square": {one("0.18.1", 8, 8), one("0.19.1", 8, 8), adapter.OutputsInA, false},
	} {
		t.Run(what, func(t *testing.T) {
			adapter.Experts([]*adapter.Adapter{c.a, c.known})
			if c.a.Experts != c.want || c.a.ExpertsCertain != c.certain || (len(c.a.Notes) == 0) != c.certain {
				t.Errorf("layout %q, certain %v, notes %q", c.a.Experts, c.a.ExpertsCertain, noteTexts(c.a))
			}
			if x, y := c.a.Modules[0], c.known.Modules[0]; c.certain && (x.In() != y.In() || x.Out() != y.Out()) {
				t.Errorf("out %d, in %d, and beside it out %d, in %d", x.Out(), x.In(), y.Out(), y.In())
			}
			for i := range c.a.Modules {
				if c.want != adapter.OutputsInA {
					checkStacked(t, c.a, &c.a.Modules[i])
				}
			}
			sameTensors(t, c.a, saved(t, c.a))
		})
	}
}
