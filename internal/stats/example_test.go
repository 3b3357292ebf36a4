package stats_test

import (
	"fmt"

	"github.com/loramerge/loramerge/internal/stats"
)

// Bits per byte of five documents: the documents differ far more than the models do.
func Example() {
	base := stats.Mean([]float64{1.40, 1.10, 1.90, 1.30, 1.60}, nil)
	merged := stats.Mean([]float64{1.22, 0.95, 1.58, 1.11, 1.44}, nil)
	expert := stats.Mean([]float64{1.12, 0.90, 1.44, 1.05, 1.31}, nil)
	fmt.Printf("base %.2f ± %.2f, merged %.2f ± %.2f\n", base.Value, base.SE(), merged.Value, merged.SE())
	difference := merged.Minus(base)
	fmt.Printf("difference %.2f ± %.2f\n", difference.Value, difference.SE())
	recovered := stats.QuotientOf(merged.Minus(base), expert.Minus(base))
	bounds, _ := recovered.Fieller(stats.Critical(0.95, difference.Degrees()))
	fmt.Printf("recovered %.2f, at least %.2f\n", recovered.Value(), bounds.Lower)
	// Output:
	// base 1.46 ± 0.14, merged 1.26 ± 0.11
	// difference -0.20 ± 0.03
	// recovered 0.68, at least 0.60
}
