package stages_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/adapter"
)

// The methods of the core space, computed on whole ΔW [out, in] in float64 by gonum.

func denseOf(d drawn, module string) []*mat.Dense {
	m, _ := d.flows[d.names[0]].Members[0].Find(module)
	var all []*mat.Dense
	for _, name := range d.names {
		all = append(all, mat.NewDense(m.Out(), m.In(), effect(d.flows[name], 0, module)))
	}
	return all
}

func svdOf(w *mat.Dense, least float64) (u, v *mat.Dense, s []float64) {
	var svd mat.SVD
	if !svd.Factorize(w, mat.SVDThin) {
		panic("no convergence")
	}
	u, v = new(mat.Dense), new(mat.Dense)
	svd.UTo(u)
	svd.VTo(v)
	s = svd.Values(nil)
	r := 0
	for r < len(s) && s[r] > least*s[0] {
		r++
	}
	rows, _ := u.Dims()
	columns, _ := v.Dims()
	return mat.DenseCopyOf(u.Slice(0, rows, 0, r)), mat.DenseCopyOf(v.Slice(0, columns, 0, r)), s[:r]
}

func polarFactor(x *mat.Dense, cut float64) *mat.Dense {
	p, q, _ := svdOf(x, cut)
	var out mat.Dense
	out.Mul(p, q.T())
	return &out
}

func denseTSV(ws []*mat.Dense, share, cut float64) *mat.Dense {
	out, in := ws[0].Dims()
	us, vs, values := mat.NewDense(out, 1, nil), mat.NewDense(in, 1, nil), []float64{0}
	for _, w := range ws {
		if mat.Norm(w, 2) == 0 {
			continue
		}
		u, v, s := svdOf(w, 1e-6)
		keep := int(math.Ceil(share * float64(len(s))))
		var grownU, grownV mat.Dense
		grownU.Augment(us, u.Slice(0, out, 0, keep))
		grownV.Augment(vs, v.Slice(0, in, 0, keep))
		us, vs, values = mat.DenseCopyOf(&grownU), mat.DenseCopyOf(&grownV), append(values, s[:keep]...)
	}
	var scaled, merged mat.Dense
	scaled.Mul(polarFactor(us, cut), mat.NewDiagDense(len(values), values))
	merged.Mul(&scaled, polarFactor(vs, cut).T())
	return &merged
}

func denseRegress(ws []*mat.Dense, ridge float64, balanced bool) *mat.Dense {
	out, in := ws[0].Dims()
	g, h, mean := mat.NewDense(in, in, nil), mat.NewDense(out, in, nil), mat.NewDense(out, in, nil)
	count := 0.0
	for _, w := range ws {
		norm := mat.Norm(w, 2)
		if norm == 0 {
			continue
		}
		c := 1.0
		if balanced {
			c = 1 / (norm * norm)
		}
		var own, cubed mat.Dense
		own.Mul(w.T(), w)
		cubed.Mul(w, &own)
		own.Scale(c, &own)
		cubed.Scale(c, &cubed)
		g.Add(g, &own)
		h.Add(h, &cubed)
		mean.Add(mean, w)
		count++
	}
	mean.Scale(1/count, mean)
	u, v, s := svdOf(g, 1e-10)
	level := ridge * mat.Trace(g) / float64(len(s))
	var drawn, inverse, result mat.Dense
	drawn.Scale(level, mean)
	drawn.Add(h, &drawn)
	if level == 0 {
		for i := range s {
			s[i] = 1 / s[i]
		}
		var weighted mat.Dense
		weighted.Mul(v, mat.NewDiagDense(len(s), s))
		inverse.Mul(&weighted, u.T())
	} else {
		identity := mat.NewDense(in, in, nil)
		for i := range in {
			identity.Set(i, i, level)
		}
		identity.Add(g, identity)
		if err := inverse.Inverse(identity); err != nil {
			panic(err)
		}
	}
	result.Mul(&drawn, &inverse)
	return &result
}

func denseFlat(w *mat.Dense, power float64) *mat.Dense {
	u, v, s := svdOf(w, 1e-6)
	var before, after float64
	for i, x := range s {
		before += x * x
		s[i] = math.Pow(x, power)
		after += s[i] * s[i]
	}
	for i := range s {
		s[i] *= math.Sqrt(before / after)
	}
	var weighted, out mat.Dense
	weighted.Mul(u, mat.NewDiagDense(len(s), s))
	out.Mul(&weighted, v.T())
	return &out
}

// checkDense compares what a line of the core space gives with a computation on whole ΔW.
func (d drawn) checkDense(t rapid.TB, line string, tolerance float64, define func(ws []*mat.Dense) *mat.Dense) {
	t.Helper()
	out := play(t, d.flows, "small: {core: "+d.list()+"}", "m: "+line, "back: {factor: m, rank: 40}")
	for _, module := range out.Union() {
		want := define(denseOf(d, module)).RawMatrix().Data
		if e := far(effect(out, 0, module), want); !(e <= tolerance) {
			t.Errorf("%s: %s is off by %g", line, module, e)
		}
	}
}

// drawWide draws adapters of mixed ranks over modules that have room for all of them.
func drawWide(t *rapid.T, n int) drawn {
	d := drawn{flows: make(map[string]flow)}
	wide := []shape{{"layers.0.up", adapter.Linear, 31, 44}, {"layers.1.conv", adapter.Conv, 25, 54}, {"layers.2.wte", adapter.Embedding, 40, 29}}
	for i := range n {
		name := string(rune('a' + i))
		k := kindOf{wide, rapid.IntRange(1, 6).Draw(t, "rank"), rapid.SampledFrom([]float64{-1, 0.25, 2}).Draw(t, "scale"), adapter.F32, normal(rapid.Uint64().Draw(t, "seed"))}
		d.names, d.flows[name] = append(d.names, name), k.make(name)
	}
	return d
}

func TestTSV(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawWide(t, rapid.IntRange(1, 4).Draw(t, "adapters"))
		share := rapid.SampledFrom([]float64{1, 0.5, 0.3}).Draw(t, "share")
		line := fmt.Sprintf("{tsv: small, share: %v, cut: 1e-6}", share)
		d.checkDense(t, line, 1e-5, func(ws []*mat.Dense) *mat.Dense { return denseTSV(ws, share, 1e-6) })
	})
}

func TestRegress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawWide(t, rapid.IntRange(1, 4).Draw(t, "adapters"))
		ridge := rapid.SampledFrom([]float64{0.1, 1, 0.01}).Draw(t, "ridge")
		balance := rapid.SampledFrom([]string{"norm", "none"}).Draw(t, "balance")
		line := fmt.Sprintf("{regress: small, ridge: %v, balance: %s}", ridge, balance)
		d.checkDense(t, line, 1e-5, func(ws []*mat.Dense) *mat.Dense { return denseRegress(ws, ridge, balance == "norm") })
	})
}

func TestFlatten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawWide(t, 1)
		power := rapid.SampledFrom([]float64{0, 0.5, 0.75, 1}).Draw(t, "power")
		line := fmt.Sprintf("{flatten: small, power: %v}", power)
		define := func(ws []*mat.Dense) *mat.Dense { return denseFlat(ws[0], power) }
		d.checkDense(t, line, 1e-5, define)
		thin := play(t, d.flows, "delta: {delta: a}", fmt.Sprintf("m: {flatten: delta, power: %v}", power))
		for _, module := range thin.Union() {
			if e := far(effect(thin, 0, module), define(denseOf(d, module)).RawMatrix().Data); !(e <= 1e-5) {
				t.Errorf("of a thin delta at power %v: %s is off by %g", power, module, e)
			}
		}
	})
}

// related are adapters that have something in common: a, its copy b, its bfloat16 copy c,
// n of the spaces that a leaves free, and s with the A of a.
func related() drawn {
	k := kindOf{[]shape{{"layers.0.up", adapter.Linear, 20, 30}}, 3, 1, adapter.F32, normal(5)}
	d := drawn{flows: map[string]flow{"a": k.make("a"), "n": k.make("n"), "s": k.make("s")}}
	a, n := d.flows["a"].at["layers.0.up"][0], d.flows["n"].at["layers.0.up"][0]
	for l := range 3 { // a lives in the first half of rows and columns, n in the second
		for j := range 30 {
			a.A.Row(l)[j] *= float32(btoi(j < 15))
			n.A.Row(l)[j] *= float32(btoi(j >= 15))
		}
		for i := range 20 {
			a.B.Row(i)[l] *= float32(btoi(i < 10))
			n.B.Row(i)[l] *= float32(btoi(i >= 10))
		}
	}
	copy(d.flows["s"].at["layers.0.up"][0].A.Data, a.A.Data)
	d.flows["b"], d.flows["c"] = renamed(d.flows["a"], "b"), renamed(d.flows["a"], "c")
	part := &d.flows["c"].at["layers.0.up"][0]
	for _, tensor := range part.Tensors() {
		bfloat := make([]float32, len(tensor.Data))
		for i, x := range tensor.Data {
			bfloat[i] = math.Float32frombits((math.Float32bits(x) + 0x8000) &^ 0xffff)
		}
		tensor.Data = bfloat
	}
	return d
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestRelatedAdapters: what is known of merges without computing them.
func TestRelatedAdapters(t *testing.T) {
	d := related()
	only := func(names ...string) drawn { return drawn{names, d.flows} }
	first := func(ws []*mat.Dense) *mat.Dense { return ws[0] }
	sum := func(ws []*mat.Dense) *mat.Dense {
		var out mat.Dense
		out.Add(ws[0], ws[1])
		return &out
	}
	only("a", "n").checkDense(t, "{tsv: small}", 1e-5, sum)
	only("a", "b").checkDense(t, "{tsv: small}", 1e-5, first)
	only("a", "c").checkDense(t, "{tsv: small}", 1e-2, first)
	only("a", "n").checkDense(t, "{regress: small, ridge: 0}", 1e-5, sum)
	only("a", "b").checkDense(t, "{regress: small}", 1e-5, first)
	only("a", "b").checkDense(t, "{regress: small, ridge: 0}", 1e-5, first)
	only("a", "s").checkDense(t, "{tsv: small, cut: 1e-6}", 1e-5, func(ws []*mat.Dense) *mat.Dense { return denseTSV(ws, 1, 1e-6) })
}
