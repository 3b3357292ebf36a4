package gemm_test

import (
	"fmt"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

func ExampleMul() {
	a := gemm.Of(2, 3, []float64{1, 2, 3, 4, 5, 6})
	dst := gemm.New[float64](2, 2)
	gemm.Mul(dst, a, a.T(), 1)
	fmt.Println(dst.Data)
	// Output: [14 32 32 77]
}

func ExampleAddMul() {
	dst := gemm.Of(1, 2, []float32{10, 20})
	gemm.AddMul(dst, gemm.Of(1, 1, []float32{2}), gemm.Of(1, 2, []float32{3, 4}), 1)
	fmt.Println(dst.Data)
	// Output: [16 28]
}
