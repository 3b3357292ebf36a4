package lowrank

import (
	"context"
	"testing"
)

// TestPanics has the mistakes that only a programmer can make.
func TestPanics(t *testing.T) {
	p := Product{B: NewMatrix(3, 2), A: NewMatrix(2, 4)}
	q := Product{B: NewMatrix(3, 2), A: NewMatrix(2, 5)}
	d, err := Decompose(context.Background(), p, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, mistake := range map[string]func(){
		"empty matrix":           func() { NewMatrix(0, 3) },
		"elements missing":       func() { Norm(Product{B: p.B, A: Matrix{2, 4, nil}}) },
		"inner dimensions":       func() { Norm(Product{B: NewMatrix(3, 1), A: p.A}) },
		"shapes of Inner":        func() { Inner(p, q) },
		"shapes of Concat":       func() { Concat([]float64{1, 1}, []Product{p, q}) },
		"weights of Concat":      func() { Concat([]float64{1}, []Product{p, p}) },
		"nothing for Concat":     func() { Concat(nil, nil) },
		"shape of Dense":         func() { Dense(context.Background(), NewMatrix(3, 5), p, 1) },
		"rank of Truncate":       func() { d.Truncate(0) },
		"rank of DecomposeDense": func() { DecomposeDense(context.Background(), p.B, 0, 1) },
		"costs":                  func() { SharedBudget([][]float64{{1}}, nil, 3) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			mistake()
		})
	}
}
