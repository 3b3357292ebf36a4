package lowrank

import (
	"context"

	"gonum.org/v1/gonum/floats"
)

// Distance returns the Frobenius norm ‖P − Q‖ of the difference of two products
// of one shape. It is ‖R_B·R_Aᵀ‖ with the QR factors of [Bp −Bq] and [Apᵀ Aqᵀ],
// whose absolute error is about 2⁻⁵³·√(out+in)·Σ‖bⱼ‖·‖aⱼ‖: of products that are
// 10⁻⁷ of their norm apart it keeps seven digits of the distance, where
// √(‖P‖² + ‖Q‖² − 2⟨P, Q⟩) keeps one.
func Distance(p, q Product) float64 {
	b, a, _ := Concat([]float64{1, -1}, []Product{p, q}).factor(context.Background(), 1)
	return floats.Norm(multiply(b.core, a.core.T(), 1).Data, 2)
}
