package compare

import (
	"slices"
	"testing"

	"github.com/loramerge/loramerge/internal/lowrank"
)

// TestSomeRows: rows are spread over a whole module, and all of a small one are taken.
func TestSomeRows(t *testing.T) {
	b := lowrank.NewMatrix(10, 2)
	for i := range b.Data {
		b.Data[i] = float32(i)
	}
	p := lowrank.Product{A: lowrank.NewMatrix(2, 3), B: b}
	if got := someRows(p, 4).B.Data; !slices.Equal(got, []float32{0, 1, 4, 5, 10, 11, 14, 15}) {
		t.Errorf("%v", got)
	}
	if got := someRows(p, 10).B.Data; !slices.Equal(got, b.Data) {
		t.Errorf("%v", got)
	}
}
