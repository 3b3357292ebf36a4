package lowrank

import "context"

// Projected returns ‖P_U·ΔW·P_V‖² of a product ΔW, where P_U projects onto the columns of
// cut.B and P_V onto the rows of cut.A: what of ΔW lies where a cut to its leading singular
// vectors has kept anything. The columns of cut.B, and the rows of cut.A, must be
// orthogonal, as singular vectors are. When ctx ends it returns early, with what means
// nothing.
func Projected(ctx context.Context, cut, p Product) float64 {
	checkSameShape(cut, p)
	b := gram(ctx, cut.B.view().T(), p.B.view().T()) // [r, k], as a is
	a := gram(ctx, cut.A.view(), p.A.view())
	lengthB, lengthA := make([]float64, b.Rows), make([]float64, a.Rows)
	for i := range cut.B.Rows {
		for j, x := range cut.B.Row(i) {
			lengthB[j] += float64(float64(x) * float64(x))
		}
	}
	for j := range cut.A.Rows {
		for _, x := range cut.A.Row(j) {
			lengthA[j] += float64(float64(x) * float64(x))
		}
	}
	sum := 0.0
	for i := range b.Rows {
		for j := range a.Rows {
			x := 0.0
			for k, y := range b.Row(i) {
				x += float64(y * a.Row(j)[k])
			}
			if lengths := lengthB[i] * lengthA[j]; lengths > 0 {
				sum += float64(x * x / lengths)
			}
		}
	}
	return sum
}
