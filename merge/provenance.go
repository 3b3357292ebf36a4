package merge

import (
	"encoding/json"
	"path/filepath"
	"strconv"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/stages"
)

// The keys of the metadata that a saved adapter carries, beside adapter.MadeBy.
const (
	metaRecipe = "loramerge.recipe" // canonical
	metaPlan   = "loramerge.plan"
	metaSeed   = "loramerge.seed"
	metaInputs = "loramerge.inputs" // a JSON list of provenInput
	metaStage  = "loramerge.stage"  // the save
	metaFrom   = "loramerge.from"   // the recipe's folder, seen from the output's, if `to` is relative
)

// provenInput is an Input in the metadata.
type provenInput struct {
	Adapter string `json:"adapter"`
	Path    string `json:"path"`
	Weights string `json:"weights"`
	Config  string `json:"config"`
}

// metadata is what an output says of its origin. It depends on the recipe's meaning,
// its inputs and the program's version alone, so that it is the same on every run.
func (p *Plan) metadata(n *Node, inputs []Input, plan Name, version string) map[string]string {
	proven := make([]provenInput, len(inputs))
	for i, in := range inputs {
		proven[i] = provenInput{in.Name, in.Path, in.Weights.String(), in.Config.String()}
	}
	list, err := json.Marshal(proven)
	if err != nil {
		panic("merge: strings marshal: " + err.Error())
	}
	out := map[string]string{
		"format": "pt", adapter.MadeBy: version, metaRecipe: string(p.Recipe.Canonical()), metaPlan: plan.String(),
		metaSeed: strconv.FormatUint(p.Recipe.Seed, 10), metaInputs: string(list), metaStage: n.Name,
	}
	if from, ok := p.from(n); ok {
		out[metaFrom] = from
	}
	return out
}

// from leads from the output's folder to the recipe's.
func (p *Plan) from(n *Node) (string, bool) {
	to := filepath.FromSlash(recipePath(n))
	if filepath.IsAbs(to) {
		return "", false
	}
	from, err := filepath.Rel(n.stage.(stages.Sink).Target(), p.dir)
	if err != nil {
		return "", false
	}
	return filepath.ToSlash(from), true
}
