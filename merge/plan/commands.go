package plan

import "github.com/loramerge/loramerge/stages"

// Commands are those that a run of the plan may start to score adapters, in the order of the plan.
func (p *Plan) Commands() (out []*stages.Command) {
	for _, n := range p.Nodes {
		if scorer, ok := n.Op.(stages.Scorer); ok {
			out = append(out, scorer.Evaluation().Commands()...)
		}
	}
	return out
}
