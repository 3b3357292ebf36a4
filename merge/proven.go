package merge

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Provenance is what a merged adapter's metadata says of its origin.
type Provenance struct {
	Version string        `json:"version"` // of the program
	Plan    string        `json:"plan"`    // its name
	Stage   string        `json:"stage"`   // the save
	Seed    uint64        `json:"seed"`
	Inputs  []ProvenInput `json:"inputs"`
	Recipe  string        `json:"recipe"` // canonical
	// Recipes are those that are loaded.
	Recipes []ProvenRecipe `json:"recipes,omitempty"`
}

// ProvenRecipe is a recipe that another one loads, in the metadata.
type ProvenRecipe struct {
	Path   string `json:"path"`          // seen from the folder of the recipe that was run
	Set    string `json:"set,omitempty"` // what was given to its variables
	Recipe string `json:"recipe"`        // canonical, with these values
}

// ProvenInput is an Input in the metadata.
type ProvenInput struct {
	Adapter string `json:"adapter"`
	Path    string `json:"path"` // as the recipe has it
	Weights string `json:"weights"`
	Config  string `json:"config"`
}

// ReadProvenance reads the metadata of a weights' file. It is false if loramerge did not
// write them; what can't be read in them stays empty.
func ReadProvenance(metadata map[string]string) (*Provenance, bool) {
	text, ours := metadata[metaRecipe]
	if !ours {
		return nil, false
	}
	p := &Provenance{Version: metadata[adapter.MadeBy], Plan: metadata[metaPlan], Stage: metadata[metaStage], Recipe: text}
	p.Seed, _ = strconv.ParseUint(metadata[metaSeed], 10, 64)
	if err := json.Unmarshal([]byte(metadata[metaInputs]), &p.Inputs); err != nil {
		p.Inputs = nil
	}
	p.Recipes = readOthers(metadata)
	return p, true
}

// readOthers reads the recipes that are loaded; what can't be read stays empty.
func readOthers(metadata map[string]string) []ProvenRecipe {
	var others []ProvenRecipe
	if err := json.Unmarshal([]byte(metadata[metaOthers]), &others); err != nil {
		return nil
	}
	return others
}

// provenLibrary finds recipes in the metadata of the folder out. Their variables have
// their values already.
func provenLibrary(out string, others []ProvenRecipe) Library {
	return func(_, path string, use *recipe.Reuse) (*recipe.Recipe, error) {
		at := slices.IndexFunc(others, func(r ProvenRecipe) bool { return r.Path == path && r.Set == use.SetText() })
		if at < 0 {
			return nil, recipe.Mistakef(use.Position, "run the recipe again", "the metadata hold no recipe %s", path)
		}
		return recipe.Parse(inMetadata(out, path), []byte(others[at].Recipe), stages.Verbs())
	}
}

// inMetadata names a recipe of the metadata in messages.
func inMetadata(out, recipe string) string {
	return filepath.Join(out, "("+recipe+" in the metadata)")
}

func readProvenance(folder string) (*Provenance, error) {
	opened, err := adapter.Open(folder)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	p, ours := ReadProvenance(opened.Metadata())
	if !ours {
		return nil, &adapter.Problem{Path: folder, Reason: "carries no recipe", Remedy: "run the recipe again"}
	}
	return p, nil
}

// changed tells the first input that is not what it was.
func (p *Provenance) changed(now *Provenance) string {
	for i, was := range p.Inputs {
		if i >= len(now.Inputs) {
			break
		}
		pinned := LockedPair{was.Path, was.Weights, was.Config}
		if is := now.Inputs[i]; was.Adapter == is.Adapter && pinned != (LockedPair{is.Path, is.Weights, is.Config}) {
			_, how := firstDifference(pinned, LockedPair{is.Path, is.Weights, is.Config})
			return "input " + strconv.Quote(was.Adapter) + " (" + was.Path + ") has changed since: " + how
		}
	}
	return ""
}
