package adapter

import "github.com/loramerge/loramerge/internal/lowrank"

// Pair decodes A [r, in] and B [out, r] of a module to float32: its ΔW is Scale·B·A. The
// kernel of a convolution is flattened into the columns of A. Its errors are those of Read.
func (a *Adapter) Pair(m *Module) (lowrank.Product, error) {
	p := lowrank.Product{B: lowrank.NewMatrix(m.Out(), m.Rank), A: lowrank.NewMatrix(m.Rank, m.In())}
	if err := a.Read(m.A, p.A.Data); err != nil {
		return p, err
	}
	return p, a.Read(m.B, p.B.Data)
}
