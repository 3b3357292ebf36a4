package lowrank_test

import (
	"context"
	"fmt"

	"github.com/loramerge/loramerge/internal/lowrank"
)

func matrix(rows, cols int, data ...float32) lowrank.Matrix {
	return lowrank.Matrix{Rows: rows, Cols: cols, Data: data}
}

// Two adapters of rank 1 are added exactly at rank 2, and brought back to rank 1.
func ExampleDecompose() {
	python := lowrank.Product{B: matrix(3, 1, 1, 0, 0), A: matrix(1, 2, 4, 0)}
	sql := lowrank.Product{B: matrix(3, 1, 0, 1, 0), A: matrix(1, 2, 0, 3)}
	sum := lowrank.Concat([]float64{1, 1}, []lowrank.Product{python, sql})

	svd, err := lowrank.Decompose(context.Background(), sum, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	best := svd.Truncate(1)
	fmt.Printf("singular values %.3f\n", svd.S)
	fmt.Printf("rank 1: B = %v, A = %v\n", best.B.Data, best.A.Data)
	// Output:
	// singular values [4.000 3.000]
	// rank 1: B = [2 0 0], A = [2 0]
}

func ExampleDecomposeDense() {
	w := matrix(2, 2, 3, 0, 0, 4)
	svd, _, err := lowrank.DecomposeDense(context.Background(), w, 1, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("σ₁ = %.3f\n", svd.S[0])
	// Output: σ₁ = 4.000
}

func ExampleInner() {
	p := lowrank.Product{B: matrix(2, 1, 1, 0), A: matrix(1, 2, 1, 0)}
	q := lowrank.Product{B: matrix(2, 1, 1, 1), A: matrix(1, 2, 1, 1)}
	fmt.Println(lowrank.Inner(p, q), lowrank.Norm(q))
	// Output: 1 2
}

func ExampleDense() {
	p := lowrank.Product{B: matrix(2, 1, 1, 2), A: matrix(1, 3, 3, 4, 5)}
	w := lowrank.NewMatrix(2, 3)
	lowrank.Dense(context.Background(), w, p, 1)
	fmt.Println(w.Data)
	// Output: [3 4 5 6 8 10]
}

// A budget of 4 ranks for two modules, whose singular values tell where they
// are worth most.
func ExampleSharedBudget() {
	spectra := [][]float64{{9, 8, 7}, {5, 1, 1}}
	ranks, err := lowrank.SharedBudget(spectra, []int{1, 1}, 4)
	fmt.Println(ranks, err)
	// Output: [3 1] <nil>
}
