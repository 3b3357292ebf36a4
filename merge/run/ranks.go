package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/merge/plan"
)

// ChosenRanks are the ranks that a stage has chosen by what an adapter's modules hold:
// factor by energy or budget.
type ChosenRanks struct {
	Stage      string  `json:"stage"`
	Verb       string  `json:"verb"`
	Adapter    string  `json:"adapter"`
	Modules    int     `json:"modules"`
	Least      int     `json:"least"`
	Most       int     `json:"most"`
	Parameters int64   `json:"parameters"` // of A and B at all the modules
	Even       float64 `json:"even_rank"`  // the rank that makes as many at every module
}

// chosenRanks are those of the stages that a survey has settled the ranks of.
func (r *run) chosenRanks() []ChosenRanks {
	var all []ChosenRanks
	for _, n := range r.ranked {
		for _, member := range n.Out.Members {
			c := ChosenRanks{Stage: n.ID, Verb: n.Kind.Name, Adapter: member.Name}
			each := int64(0) // parameters of rank 1 everywhere
			for _, m := range member.Modules {
				if m.Form == adapter.Whole {
					continue
				}
				if c.Modules++; c.Modules == 1 {
					c.Least = m.Rank
				}
				c.Least, c.Most = min(c.Least, m.Rank), max(c.Most, m.Rank)
				one := int64(m.Out() + m.In())
				each += one
				c.Parameters += one * int64(m.Rank)
			}
			if each > 0 {
				c.Even = float64(c.Parameters) / float64(each)
				all = append(all, c)
			}
		}
	}
	return all
}

// writeRanks says what was chosen on the way to an output.
func writeRanks(b *strings.Builder, n *plan.Node, ranks []ChosenRanks) {
	leads := n.Upstream()
	ranks = slices.DeleteFunc(slices.Clone(ranks), func(c ChosenRanks) bool {
		return !slices.ContainsFunc(leads, func(u *plan.Node) bool { return u.ID == c.Stage })
	})
	if len(ranks) == 0 {
		return
	}
	b.WriteString("\n## Ranks\n\n| stage | adapter | least | largest | parameters | as many as everywhere of rank |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, c := range ranks {
		fmt.Fprintf(b, "| %s | %s | %d | %d | %d | %.4g |\n", c.Stage, c.Adapter, c.Least, c.Most, c.Parameters, c.Even)
	}
}
