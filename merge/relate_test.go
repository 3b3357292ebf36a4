package merge_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/relate"
)

// relateFolders relates adapters in the order of their names, which begin with a, b, ….
func relateFolders(t *testing.T, options relate.Options, folders ...folder) (*relate.Relation, []string) {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for i, f := range folders {
		paths = append(paths, filepath.Join(dir, string(rune('a'+i))))
		f.write(t, paths[i])
	}
	r, err := relate.Of(t.Context(), paths, options)
	if err != nil {
		t.Fatal(err)
	}
	return r, paths
}

// dense is ΔW of every module, and orthonormal bases of its factors' spans.
type dense struct {
	w    map[string]*mat.Dense
	b, a map[string]*mat.Dense
}

func denseOf(t *testing.T, path string) dense {
	d := dense{map[string]*mat.Dense{}, map[string]*mat.Dense{}, map[string]*mat.Dense{}}
	for name, p := range readFactored(t, path).modules {
		var w mat.Dense
		w.Mul(p[0], p[1])
		d.w[name], d.b[name], d.a[name] = &w, basisOf(t, p[0]), basisOf(t, mat.DenseCopyOf(p[1].T()))
	}
	return d
}

// basisOf is an orthonormal basis of the columns, by a full singular value decomposition.
func basisOf(t *testing.T, x *mat.Dense) *mat.Dense {
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDFull) {
		t.Fatal("no singular values")
	}
	rank := svd.Rank(1e-6)
	if rank == 0 {
		return nil
	}
	var u mat.Dense
	svd.UTo(&u)
	return mat.DenseCopyOf(u.Slice(0, u.RawMatrix().Rows, 0, rank))
}

func (d dense) inner(o dense) float64 {
	sum := 0.0
	for name, w := range d.w {
		if v, both := o.w[name]; both {
			var product mat.Dense
			product.MulElem(w, v)
			sum += mat.Sum(&product)
		}
	}
	return sum
}

// overlap is the mean squared cosine of the principal angles of two bases over all modules, and
// that of random subspaces: Σ r·k/d over the number of angles.
func overlap(x, y map[string]*mat.Dense) (value, random float64) {
	count := 0.0
	for name, p := range x {
		q := y[name]
		if p == nil || q == nil {
			continue
		}
		var cross mat.Dense
		cross.Mul(p.T(), q)
		var svd mat.SVD
		svd.Factorize(&cross, mat.SVDNone)
		for _, cosine := range svd.Values(nil) {
			value += cosine * cosine
			count++
		}
		d, r := p.Dims()
		random += float64(r*q.RawMatrix().Cols) / float64(d)
	}
	return value / count, random / count
}

func requireFigure(t *testing.T, what string, got relate.Figure, value, unrelated float64) {
	t.Helper()
	for _, c := range []struct {
		name      string
		got, want float64
	}{{"", float64(got.Value), value}, {" of unrelated ones", float64(got.Unrelated), unrelated}} {
		if !(math.Abs(c.got-c.want) <= 1e-6) {
			t.Errorf("%s%s is %v, want %v", what, c.name, c.got, c.want)
		}
	}
}

// TestRelate: every figure is that of the dense ΔW in float64, for adapters of different ranks,
// scales, dtypes and modules, whatever the memory.
func TestRelate(t *testing.T) {
	some := folder{config: map[string]any{"r": 3, "lora_alpha": 30}, tensors: slices.Concat(
		pair("model.layers.0.q_proj", safetensors.F32, 24, 16, 3), pair("model.layers.1.q_proj", safetensors.F16, 24, 16, 3), pair("lm_head", safetensors.F32, 9, 16, 3))}
	for _, memory := range []int64{0, 1} {
		r, paths := relateFolders(t, relate.Options{Memory: memory}, plain(4, 8, safetensors.F32), plain(2, -6, safetensors.BF16), some)
		all := make([]dense, len(paths))
		for i, path := range paths {
			all[i] = denseOf(t, path)
		}
		checkAlignments(t, r, all)
		for _, p := range r.Pairs {
			x, y := all[p.X[0]-'a'], all[p.Y[0]-'a']
			lengths := math.Sqrt(x.inner(x) * y.inner(y))
			variance, opposite, elements, modules := 0.0, 0.0, 0.0, 0
			for name, w := range x.w {
				v, both := y.w[name]
				if !both {
					continue
				}
				modules++
				n := len(w.RawMatrix().Data)
				variance += math.Pow(mat.Norm(w, 2)*mat.Norm(v, 2), 2) / float64(n)
				for i, a := range w.RawMatrix().Data {
					if a*v.RawMatrix().Data[i] < 0 {
						opposite++
					}
				}
				elements += float64(n)
			}
			what := p.X + " and " + p.Y
			if p.Modules != modules {
				t.Errorf("%s share %d modules, want %d", what, p.Modules, modules)
			}
			requireFigure(t, what+": the cosine", p.Cosine, x.inner(y)/lengths, math.Sqrt(variance)/lengths)
			requireFigure(t, what+": the share of opposite signs", p.OppositeSign, opposite/elements, 0.5)
			value, random := overlap(x.a, y.a)
			requireFigure(t, what+": the A's overlap", p.OverlapA, value, random)
			value, random = overlap(x.b, y.b)
			requireFigure(t, what+": the B's overlap", p.OverlapB, value, random)
		}
	}
}

// checkAlignments compares what adapters are by themselves and among all.
func checkAlignments(t *testing.T, r *relate.Relation, all []dense) {
	t.Helper()
	square, with := 0.0, make([]float64, len(all))
	for i := range all {
		for j := range all {
			with[i] += all[i].inner(all[j])
		}
		square += with[i]
	}
	for i, a := range r.Adapters {
		norm := math.Sqrt(all[i].inner(all[i]))
		if math.Abs(a.Norm-norm) > 1e-6*norm || a.Pairs != len(all[i].w) {
			t.Errorf("%s has ‖ΔW‖ %v and %d pairs, want %v and %d", a.Name, a.Norm, a.Pairs, norm, len(all[i].w))
		}
		requireFigure(t, a.Name+": the alignment", a.Alignment, with[i]/norm/math.Sqrt(square), 1/math.Sqrt(float64(len(all))))
	}
	conflict, unrelated, elements := 0.0, 0.0, 0.0
	for name, w := range all[0].w {
		var present []*mat.Dense
		for _, d := range all {
			if v, ok := d.w[name]; ok {
				present = append(present, v)
			}
		}
		n := float64(len(w.RawMatrix().Data))
		elements, unrelated = elements+n, unrelated+n*(1-math.Exp2(float64(1-len(present))))
		for i := range w.RawMatrix().Data {
			raised, lowered := false, false
			for _, v := range present {
				raised, lowered = raised || v.RawMatrix().Data[i] > 0, lowered || v.RawMatrix().Data[i] < 0
			}
			if raised && lowered {
				conflict++
			}
		}
	}
	requireFigure(t, "the sign conflict of all", r.SignConflict, conflict/elements, unrelated/elements)
}

// TestRelateSample: of a module with more rows and columns than are looked at, the share of opposite signs is
// that of all its elements within a hundredth: x·y and u·v have opposite signs where one of them has
// changed its own, x after a third of the rows and y after a half of the columns.
func TestRelateSample(t *testing.T) {
	const out, in = 1000, 700
	step := func(n, at int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = 1
			if i >= at {
				x[i] = -1
			}
		}
		return x
	}
	one := func(b, a []float32) folder {
		f := folder{config: map[string]any{"r": 1, "lora_alpha": 1}, tensors: pair("q", safetensors.F32, out, in, 1)}
		f.tensors[0].data, f.tensors[1].data = a, b
		return f
	}
	r, _ := relateFolders(t, relate.Options{}, one(step(out, out/3), step(in, in/2)), one(step(out, out), step(in, in)))
	if got, want := float64(r.Pairs[0].OppositeSign.Value), 0.5; math.Abs(got-want) > 0.01 || r.Sampled != 1 {
		t.Errorf("%v of the signs are opposite, want %v; %d modules sampled", got, want, r.Sampled)
	}
}

// TestRelateUnrelated: adapters of random numbers have what is said of unrelated ones, within five standard
// errors of the mean over all pairs.
func TestRelateUnrelated(t *testing.T) {
	const count, out, in, rank = 24, 20, 30, 3
	folders := make([]folder, count)
	for i := range folders {
		folders[i] = folder{config: map[string]any{"r": rank, "lora_alpha": rank}, tensors: pair("q", safetensors.F32, out, in, rank)}
	}
	r, _ := relateFolders(t, relate.Options{}, folders...)
	n := float64(len(r.Pairs))
	variance := func(d float64) float64 { // of tr(PQ), see package lowrank's test
		return 2 * rank * (d - rank) * rank * (d - rank) / (d * d * (d - 1) * (d + 2))
	}
	mean := func(of func(p *relate.Pair) float64) (sum float64) {
		for _, p := range r.Pairs {
			sum += of(p) / n
		}
		return sum
	}
	for _, c := range []struct {
		what            string
		got, want, each float64
	}{
		{"A overlap", mean(func(p *relate.Pair) float64 { return float64(p.OverlapA.Value - p.OverlapA.Unrelated) }), 0, math.Sqrt(variance(in)) / rank},
		{"B overlap", mean(func(p *relate.Pair) float64 { return float64(p.OverlapB.Value - p.OverlapB.Unrelated) }), 0, math.Sqrt(variance(out)) / rank},
		{"opposite", mean(func(p *relate.Pair) float64 { return float64(p.OppositeSign.Value) }), 0.5, 0.5 / math.Sqrt(rank*rank)},
		{"cosine²", mean(func(p *relate.Pair) float64 {
			return math.Pow(float64(p.Cosine.Value/p.Cosine.Unrelated), 2)
		}), 1, 2},
	} {
		if math.Abs(c.got-c.want) > 5*c.each/math.Sqrt(n) {
			t.Errorf("%s is %v on average, want %v", c.what, c.got, c.want)
		}
	}
}

// TestRelateEnds: what can't be read is said of every folder; a cancelled context ends the work; a ratio that is
// none is null to programs.
func TestRelateEnds(t *testing.T) {
	_, err := relate.Of(t.Context(), own("adapters/python", "adapters/nobody", "broken/adapters/dora"), relate.Options{})
	if all := fault.List(err); len(all) != 2 {
		t.Errorf("%v", all)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := relate.Of(ctx, own("adapters/python", "adapters/sql"), relate.Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	text, err := json.Marshal(relate.Figure{Value: reportpage.Undefined(), Unrelated: 0.5})
	if want := `{"value":null,"unrelated":0.5}`; err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
	nan := plain(2, 2, safetensors.F32)
	nan.tensors[3].data = slices.Repeat([]float32{float32(math.NaN())}, 16)
	dir := t.TempDir()
	nan.write(t, filepath.Join(dir, "a"))
	plain(2, 2, safetensors.F32).write(t, filepath.Join(dir, "b"))
	_, err = relate.Of(t.Context(), []string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}, relate.Options{})
	if _, ok := errors.AsType[*fault.Fault](err); !ok {
		t.Errorf("of NaN: %v", err)
	}
}
