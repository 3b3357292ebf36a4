package plan

import (
	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
)

// checkNaming refuses adapters where they meet whose formats call the modules of a model by
// different names: nothing of them can be merged, whatever is said of missing modules.
func (p *Plan) checkNaming(n *Node) *fault.Fault {
	var first *adapter.Adapter
	for _, edge := range n.Edges() {
		for _, source := range edge.From.Out.Sources {
			switch {
			case first == nil:
				first = source
			case source.Format.Naming() != first.Format.Naming():
				return fault.At(n.Position, "adapters of formats that name modules differently meet here: %s is of %s, %s of %s", first.Path, first.Format.Name(), source.Path, source.Format.Name()).
					Mend("merge adapters of one format, or convert the others with the software that trained them").See("formats").Foremost()
			}
		}
	}
	return nil
}
