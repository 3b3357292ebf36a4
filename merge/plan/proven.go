package plan

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Provenance is what a merged adapter's metadata says of its origin.
type Provenance struct {
	Digest  int           `json:"digest"`            // the DigestVersion that it was made with
	Plan    string        `json:"plan"`              // its digest
	Kernels string        `json:"kernels,omitempty"` // the class of the matrix kernels, if the bytes depend on it
	Stage   string        `json:"stage"`             // the save
	Seed    uint64        `json:"seed"`
	Inputs  []ProvenInput `json:"inputs"`
	Recipe  string        `json:"recipe"` // canonical
	// BaseConfig is the hash of the base model's configuration, if the save reads one.
	BaseConfig string `json:"base_config,omitempty"`
	// BaseOrigin is where a reference to it led.
	BaseOrigin string `json:"base_origin,omitempty"`
	// Recipes are those that are loaded.
	Recipes []ProvenRecipe `json:"recipes,omitempty"`
}

// ReadProvenance reads the metadata of a weights' file. It is false if loramerge did not
// write them; what can't be read in them stays empty.
func ReadProvenance(metadata map[string]string) (*Provenance, bool) {
	text, ours := metadata[adapter.MadeBy]
	if !ours {
		return nil, false
	}
	p := &Provenance{Digest: 1, Plan: metadata[MetaPlan], Kernels: metadata[MetaKernels], Stage: metadata[metaStage], Recipe: text, BaseConfig: metadata[MetaBaseConfig], BaseOrigin: metadata[metaBaseOrigin]}
	if version, err := strconv.Atoi(metadata[metaDigest]); err == nil {
		p.Digest = version
	}
	p.Seed, _ = strconv.ParseUint(metadata[metaSeed], 10, 64)
	if err := json.Unmarshal([]byte(metadata[metaInputs]), &p.Inputs); err != nil {
		p.Inputs = nil
	}
	p.Recipes = readOthers(metadata)
	return p, true
}

// Pinned is a Finder that finds references at the commits that the metadata name.
func (p *Provenance) Pinned(find Finder) Finder {
	if find == nil {
		return nil
	}
	return func(recipe, reference, file string) (stages.Found, error) {
		at := slices.IndexFunc(p.Inputs, func(in ProvenInput) bool { return in.Path == reference && IsReference(in.Origin) })
		switch {
		case at >= 0:
			reference = p.Inputs[at].Origin
		case IsReference(p.BaseOrigin): // what is no input is the base model's configuration
			reference = p.BaseOrigin
		}
		return find(recipe, reference, file)
	}
}

// readOthers reads the recipes that are loaded; what can't be read stays empty.
func readOthers(metadata map[string]string) []ProvenRecipe {
	var others []ProvenRecipe
	if err := json.Unmarshal([]byte(metadata[metaOthers]), &others); err != nil {
		return nil
	}
	return others
}

// ProvenLibrary finds recipes in the metadata of the folder out. Their variables have
// their values already.
func ProvenLibrary(out string, others []ProvenRecipe) Library {
	return func(_, path string, use *recipe.Reuse) (*recipe.Recipe, error) {
		at := slices.IndexFunc(others, func(r ProvenRecipe) bool { return r.Path == path && r.Set == use.SetText() })
		if at < 0 {
			return nil, fault.At(use.Position, "the metadata have no recipe %s", path).Mend("run the recipe again")
		}
		return recipe.Parse(InMetadata(out, path), []byte(others[at].Recipe), stages.Verbs())
	}
}

// InMetadata names a recipe of the metadata in messages.
func InMetadata(out, recipe string) string {
	return filepath.Join(out, "("+recipe+" in the metadata)")
}

// CarriedHashes are the hashes of the files that an output says it carries, by name.
func CarriedHashes(metadata map[string]string) map[string]string {
	var files []ProvenFile
	if json.Unmarshal([]byte(metadata[adapter.MadeCarrying]), &files) != nil {
		return nil
	}
	hashes := make(map[string]string)
	for _, f := range files {
		hashes[f.Name] = f.SHA256
	}
	return hashes
}
