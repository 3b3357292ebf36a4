package plan

import (
	"cmp"
	"encoding/json"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/stages"
)

// The keys of the metadata that a saved adapter carries, beside adapter.MadeBy, whose value
// is the recipe: the canonical text of the stages that lead to the save. Nothing in them
// depends on the program's version, so that a release changes no byte.
const (
	metaDigest  = "loramerge.digest" // DigestVersion
	MetaPlan    = "loramerge.plan"
	MetaKernels = "loramerge.kernels" // the class of the matrix kernels, if the bytes depend on it
	metaSeed    = "loramerge.seed"
	metaInputs  = "loramerge.inputs"  // a JSON list of ProvenInput
	metaStage   = "loramerge.stage"   // the save
	metaOthers  = "loramerge.recipes" // a JSON list of ProvenRecipe, if others are loaded
	// MetaBaseConfig is the hash of the base model's configuration, where a save reads one.
	MetaBaseConfig = "loramerge.base-config"
	metaBaseOrigin = "loramerge.base-origin" // where a reference led to the base model's configuration
	MetaFrom       = "loramerge.from"        // the recipe's folder, seen from the output's, if `to` lies below it
)

// Metadata is what an output says of its origin. It depends alone on the meaning of the
// stages that lead to it and on their inputs, so that it is the same on every run.
func (p *Plan) Metadata(n *Node, inputs []Input, plan digest.Digest) map[string]string {
	proven := []ProvenInput{}
	for _, in := range n.LeadingIn(inputs) {
		proven = append(proven, in.Proven())
	}
	// The order of the stages in the recipe's file means nothing.
	slices.SortFunc(proven, func(x, y ProvenInput) int {
		return cmp.Or(strings.Compare(x.Adapter, y.Adapter), strings.Compare(x.Path, y.Path))
	})
	out := map[string]string{
		metaDigest: strconv.Itoa(digest.Version), adapter.MadeBy: string(p.Recipe.Leading(n.Stage.Name).Canonical()),
		MetaPlan: plan.String(), metaSeed: strconv.FormatUint(p.Recipe.Seed, 10), metaInputs: listed(proven), metaStage: n.ID,
	}
	if path.Ext(n.Op.(stages.Sink).Format().Names().Weights) == ".safetensors" {
		out["format"] = "pt" // which the readers of these ask for
	}
	if config := n.baseConfig(); config != "" {
		out[MetaBaseConfig] = config
	}
	if base := n.Op.(stages.Sink).BaseConfig(); base != nil && base.Origin != "" {
		out[metaBaseOrigin] = base.Origin
	}
	if from, ok := n.from(); ok {
		out[MetaFrom] = from
	}
	if kernels := n.kernels(); kernels != "" {
		out[MetaKernels] = kernels
	}
	if others := p.others(n); len(others) > 0 {
		out[metaOthers] = listed(others)
	}
	if len(n.Carries) > 0 {
		out[adapter.MadeCarrying] = listed(n.provenFiles(inputs))
	}
	return out
}

// Proven is the input in the metadata: what these say must follow from the recipe's text and
// the files' content, so links are not followed for the origin here. What a reference led to is part of the
// input: it is what the lock pins.
func (in *Input) Proven() ProvenInput {
	origin := hubOrigin(in.Path)
	if in.referred {
		origin = in.Origin
	}
	return ProvenInput{in.Name, in.Path, origin, in.Weights.String(), in.ConfigHash()}
}

// LeadingIn are those of the inputs that lead to a node.
func (n *Node) LeadingIn(inputs []Input) []Input {
	leads := make(map[int]bool)
	for _, u := range n.Upstream() {
		leads[u.Index] = true
	}
	return slices.DeleteFunc(slices.Clone(inputs), func(in Input) bool { return !leads[in.node.Index] })
}

// others are the recipes of which a node loads stages, down to these: what an output is
// made from must not depend on files that may change.
func (p *Plan) others(n *Node) []ProvenRecipe {
	loaded := make(map[*Included][]string)
	for _, u := range n.Upstream() {
		if u.Reuse != nil {
			from := u.Slots[0][0].From
			loaded[from.Recipe] = append(loaded[from.Recipe], u.Reuse.Stage.Stage)
		}
	}
	var out []ProvenRecipe
	for _, in := range p.Included {
		if those, ok := loaded[in]; ok {
			out = append(out, ProvenRecipe{in.path, in.set, string(in.Leading(those...).Canonical())})
		}
	}
	return out
}

func listed[T ProvenInput | ProvenRecipe | ProvenFile](items []T) string {
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
	to := filepath.FromSlash(RecipePath(n))
	if filepath.IsAbs(to) {
		return "", false
	}
	from, err := filepath.Rel(to, ".")
	if err != nil {
		return "", false
	}
	return filepath.ToSlash(from), true
}

// ProvenFile is a carried file in the metadata.
type ProvenFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// provenFiles are a save's carried files for its metadata.
func (n *Node) provenFiles(inputs []Input) []ProvenFile {
	out := make([]ProvenFile, len(n.Carries))
	for i, c := range n.Carries {
		out[i] = ProvenFile{c.Name, c.Hash(inputs).String()}
	}
	return out
}

// ProvenInput is an Input in the metadata.
type ProvenInput struct {
	Adapter string `json:"adapter"`
	Path    string `json:"path"`             // as the recipe has it
	Origin  string `json:"origin,omitempty"` // see Input: of the path alone, whatever links lead to
	Weights string `json:"weights"`
	Config  string `json:"config"`
}

// ProvenRecipe is a recipe that another one loads, in the metadata.
type ProvenRecipe struct {
	Path   string `json:"path"`          // seen from the folder of the recipe that was run
	Set    string `json:"set,omitempty"` // what was given to its variables
	Recipe string `json:"recipe"`        // canonical, with these values
}
