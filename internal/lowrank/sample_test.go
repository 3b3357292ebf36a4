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
