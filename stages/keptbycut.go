package stages

import (
	"context"

	"github.com/loramerge/loramerge/internal/lowrank"
)

// Projected is what of one adapter lies in the row and column spaces of what a cut has kept,
// as ‖P_U·ΔW·P_V‖², and the whole ‖ΔW‖².
type Projected struct {
	Kept float64 `json:"kept"`
	Own  float64 `json:"own"`
}

// ProjectOnCut compares adapters held as products with an adapter in factors that a merge of
// them was cut to, by its leading singular vectors. What an adapter lacks counts as 0.
func ProjectOnCut(ctx context.Context, module string, t Type, adapters Value, cut Part) []Projected {
	out, scales := make([]Projected, len(adapters)), scaleOf(t, module)
	var thin []int
	var own []lowrank.Product
	for i, part := range adapters {
		if part.A.Data != nil {
			thin, own = append(thin, i), append(own, lowrank.Product{B: part.B, A: part.A})
		}
	}
	if len(thin) == 0 || cut.A.Data == nil {
		return out
	}
	kept, whole := lowrank.Projected(ctx, lowrank.Product{B: cut.B, A: cut.A}, own)
	for k, i := range thin {
		out[i] = Projected{square(scales[i]) * kept[k], square(scales[i]) * whole[k]}
	}
	return out
}
