package stages_test

import (
	"fmt"
	"testing"

	"github.com/loramerge/loramerge/adapter"
)

// TestDiamonds: sums of sums of the same adapters, whose ranks double at every level, never
// take more than a few times the memory of a dense delta, and are the closed form: with
// x ← x + y and y ← (x − y/2)/(1/2) the coefficients follow from a recurrence in float64.
func TestDiamonds(t *testing.T) {
	const levels = 12
	large := []shape{{"layers.0.q_proj", adapter.Linear, 40, 56}, {"layers.0.v_proj", adapter.Linear, 24, 56}}
	inputs := map[string]flow{
		"a": kindOf{large, 4, 2, adapter.F32, normal(1)}.make("a"),
		"b": kindOf{large, 3, 0.5, adapter.F32, normal(2)}.make("b"),
	}
	lines := []string{"x0: {delta: a}", "y0: {delta: b}"}
	x, y := [2]float64{1, 0}, [2]float64{0, 1}
	for i := range levels {
		at, other, names := fmt.Sprintf("x%d", i), fmt.Sprintf("y%d", i), [2]string{fmt.Sprintf("x%d", i), fmt.Sprintf("y%d", i)}
		if i == 0 {
			names = [2]string{"a", "b"}
		}
		lines = append(lines,
			fmt.Sprintf("x%d: {sum: [%s, %s]}", i+1, at, other),
			fmt.Sprintf("y%d: {average: [%s, %s], weights: {%s: 1, %s: -0.5}}", i+1, at, other, names[0], names[1]))
		x, y = [2]float64{x[0] + y[0], x[1] + y[1]}, [2]float64{2*x[0] - y[0], 2*x[1] - y[1]}
	}
	c := newCourse(inputs, 1)
	out, err := c.play(lines[:len(lines)-1]...)
	if err != nil {
		t.Fatal(err)
	}
	if !out.Dense || c.flows["x1"].Dense {
		t.Error("it is held as a product to the end, or not even at the start")
	}
	for name, f := range c.flows {
		for _, m := range large {
			dense := int64(4 * m.out * m.in)
			if bytes := f.Bytes(m.name); bytes > 4*dense {
				t.Errorf("%s takes %d bytes at %s, where a dense delta takes %d", name, bytes, m.name, dense)
			}
		}
	}
	for _, m := range large {
		want := combined([][]float64{effect(inputs["a"], 0, m.name), effect(inputs["b"], 0, m.name)}, x[0], x[1])
		if e := far(effect(out, 0, m.name), want); !(e <= 1e-6) {
			t.Errorf("%s: off by %g", m.name, e)
		}
	}
}
