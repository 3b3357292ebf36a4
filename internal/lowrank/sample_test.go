package lowrank

import (
	"testing"

	"pgregory.net/rapid"
)

// TestSpread: a sample holds different numbers of its range in order, all of a range
// that is small enough, and is spread evenly over one that is not.
func TestSpread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, most := rapid.IntRange(1, 20000).Draw(t, "n"), rapid.IntRange(1, 2000).Draw(t, "most")
		all := Spread(n, most)
		if len(all) != min(n, most) {
			t.Fatalf("%d of %d", len(all), n)
		}
		for k, x := range all {
			if x < k*n/len(all) || x >= (k+1)*n/len(all) {
				t.Fatalf("%d is not in stretch %d of %d", x, k, n)
			}
		}
	})
}

// TestSample: what is sampled of a product is that of its dense form.
func TestSample(t *testing.T) {
	p := Product{B: NewMatrix(3, 2), A: NewMatrix(2, 4)}
	for i := range p.B.Data {
		p.B.Data[i] = float32(i - 2)
	}
	for i := range p.A.Data {
		p.A.Data[i] = float32(3 - i)
	}
	whole, some := productOf64(p), productOf64(p.Sample([]int{0, 2}, []int{1, 2, 3}, -2))
	for i, row := range []int{0, 2} {
		for j, column := range []int{1, 2, 3} {
			if got, want := some.At(i, j), -2*whole.At(row, column); got != want {
				t.Errorf("element %d, %d is %v, want %v", row, column, got, want)
			}
		}
	}
}

// TestStrips: the strips of deltas that are no larger than the sample are all of their elements in order, each once.
func TestStrips(t *testing.T) {
	const out, in = 2*stripRows + 3, 5
	deltas, scales := make([]Product, 2), []float64{-2, 0.5}
	for i := range deltas {
		deltas[i] = Product{B: NewMatrix(out, i+1), A: NewMatrix(i+1, in)}
		for k := range deltas[i].B.Data {
			deltas[i].B.Data[k] = float32(k%7 - 3)
		}
		for k := range deltas[i].A.Data {
			deltas[i].A.Data[k] = float32(k + i)
		}
	}
	got := make([][]float32, len(deltas))
	rows, columns := Strips(t.Context(), deltas, scales, out, func(strips []Matrix) {
		for i, x := range strips {
			got[i] = append(got[i], x.Data...)
		}
	})
	if rows != out || columns != in {
		t.Errorf("%d rows and %d columns", rows, columns)
	}
	for i, d := range deltas {
		whole := productOf64(d)
		if len(got[i]) != out*in {
			t.Fatalf("delta %d has %d elements", i, len(got[i]))
		}
		for k, x := range got[i] {
			if want := scales[i] * whole.At(k/in, k%in); float64(x) != want {
				t.Fatalf("delta %d: element %d is %v, want %v", i, k, x, want)
			}
		}
	}
}
