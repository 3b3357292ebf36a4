package stages

import (
	"context"

	"github.com/loramerge/loramerge/internal/lowrank"
)

// Kept is what of one adapter lies in the row and column spaces of what a cut has kept, as
// ‖P_U·ΔW·P_V‖², and the whole ‖ΔW‖².
type Projected struct {
	Kept float64 `json:"kept"`
	Own  float64 `json:"own"`
}

// KeptByCut compares adapters held as products with an adapter in factors that a merge of
// them was cut to, by its leading singular vectors. What an adapter lacks counts as 0.
func ProjectOnCut(ctx context.Context, module string, t Type, adapters Value, cut Part) []Projected {
	out, scales := make([]Projected, len(adapters)), scaleOf(t, module)
	for i, part := range adapters {
		if part.A.Data == nil || cut.A.Data == nil {
			continue
		}
		own := lowrank.Product{B: part.B, A: part.A}
		out[i] = Projected{square(scales[i]) * lowrank.Projected(ctx, lowrank.Product{B: cut.B, A: cut.A}, own), square(scales[i] * normOf(ctx, part))}
	}
	return out
}
