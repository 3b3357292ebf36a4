package stages_test

import (
	"math"
	"testing"

	"github.com/loramerge/loramerge/adapter"
)

// nearlyOpposite is an adapter with y = −x·cos δ + z·sin δ in every tensor but for rounding
// to float32, at an angle of about π − δ from x; of a delta, by its B alone.
func nearlyOpposite(x, z flow, delta float64, alone bool) flow {
	out := kindOf{shapes, 4, 1, adapter.F32, zeros}.make("y")
	for module := range out.at {
		part := out.at[module][0]
		for i, dst := range part.Tensors() {
			p, q := x.at[module][0], z.at[module][0]
			a, b := p.Tensors()[i].Data, q.Tensors()[i].Data
			ratio := norm(float64s(a)) / norm(float64s(b))
			for j := range dst.Data {
				if dst.Data[j] = a[j]; i == 1 || !alone {
					dst.Data[j] = float32(-math.Cos(delta)*float64(a[j]) + ratio*math.Sin(delta)*float64(b[j]))
				}
			}
		}
	}
	return out
}

// TestNearlyOpposite: between adapters that are nearly opposite, coefficients are as large as
// 1/δ and cancel. The result is what float64 makes of the same inputs.
func TestNearlyOpposite(t *testing.T) {
	for _, delta := range []float64{0.3, 1e-2, 1e-3, 3e-4} {
		x := kindOf{shapes, 4, 1, adapter.F32, normal(1)}.make("x")
		for _, held := range ways {
			y := nearlyOpposite(x, kindOf{shapes, 4, 1, adapter.F32, normal(2)}.make("z"), delta, held != "factors")
			d := drawn{[]string{"x", "y"}, brought(t, held, map[string]flow{"x": x, "y": y})}
			for line, define := range map[string]func(xs [][]float64) []float64{
				"{slerp: [x, y], t: 0.4}": func(xs [][]float64) []float64 { return arc(xs[0], xs[1], 0.4) },
				"{karcher: [x, y], weights: {x: 3, y: 2}}": func(xs [][]float64) []float64 {
					unit := func(x []float64) []float64 { return mapped(x, func(v float64) float64 { return v / norm(x) }) }
					size := 0.6*norm(xs[0]) + 0.4*norm(xs[1])
					return mapped(unit(arc(unit(xs[0]), unit(xs[1]), 0.4)), func(v float64) float64 { return v * size })
				},
			} {
				out := play(t, d.flows, "m: "+line)
				for _, module := range out.Union() {
					got := tensors(out.Space, out.at[module][0])
					for i := range got {
						x, y := d.flows["x"], d.flows["y"]
						want := define([][]float64{tensors(x.Space, x.at[module][0])[i], tensors(y.Space, y.at[module][0])[i]})
						if e := far(got[i], want); !(e <= 1e-6) {
							t.Errorf("%s, %s, δ = %g: tensor %d of %s is off by %g", held, line, delta, i, module, e)
						}
					}
				}
			}
		}
	}
}
