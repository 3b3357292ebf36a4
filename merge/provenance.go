package merge

import (
	"cmp"
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/adapter"
)

// The keys of the metadata that a saved adapter carries, beside adapter.MadeBy.
const (
	metaRecipe = "loramerge.recipe" // canonical
	metaPlan   = "loramerge.plan"
	metaSeed   = "loramerge.seed"
	metaInputs = "loramerge.inputs"  // a JSON list of ProvenInput
	metaStage  = "loramerge.stage"   // the save
	metaOthers = "loramerge.recipes" // a JSON list of ProvenRecipe, if others are loaded
	metaFrom   = "loramerge.from"    // the recipe's folder, seen from the output's, if `to` lies below it
)

// metadata is what an output says of its origin. It depends on the recipe's meaning,
// its inputs and the program's version alone, so that it is the same on every run.
func (p *Plan) metadata(n *Node, inputs []Input, plan Name, version string) map[string]string {
	proven := make([]ProvenInput, len(inputs))
	for i, in := range inputs {
		proven[i] = ProvenInput{in.Name, in.Path, in.Weights.String(), in.Config.String()}
	}
	// The order of the stages in the recipe's file means nothing.
	slices.SortFunc(proven, func(x, y ProvenInput) int {
		return cmp.Or(strings.Compare(x.Adapter, y.Adapter), strings.Compare(x.Path, y.Path))
	})
	out := map[string]string{
		"format": "pt", adapter.MadeBy: version, metaRecipe: string(p.Recipe.Canonical()), metaPlan: plan.String(),
		metaSeed: strconv.FormatUint(p.Recipe.Seed, 10), metaInputs: listed(proven), metaStage: n.Name,
	}
	if from, ok := n.from(); ok {
		out[metaFrom] = from
	}
	if len(p.included) > 0 {
		out[metaOthers] = listed(p.others())
	}
	return out
}

// others are the recipes that are loaded, whole: what an output is made from must not
// depend on files that may change.
func (p *Plan) others() []ProvenRecipe {
	out := make([]ProvenRecipe, len(p.included))
	for i, in := range p.included {
		out[i] = ProvenRecipe{in.path, in.set, string(in.Canonical())}
	}
	return out
}

func listed[T ProvenInput | ProvenRecipe](items []T) string {
	list, err := json.Marshal(items)
	if err != nil {
		panic("merge: strings marshal: " + err.Error())
	}
	return string(list)
}

// from leads from the output's folder to the recipe's, if that follows from `to` alone.
// Where `to` leads upwards, the way back would name the folder that the recipe happens
// to lie in, and the same recipe would give other bytes elsewhere.
func (n *Node) from() (string, bool) {
	to := filepath.FromSlash(recipePath(n))
	if filepath.IsAbs(to) {
		return "", false
	}
	from, err := filepath.Rel(to, ".")
	if err != nil {
		return "", false
	}
	return filepath.ToSlash(from), true
}
