package merge

import (
	"encoding/json"
	"strconv"

	"github.com/loramerge/loramerge/adapter"
)

// Provenance is what a merged adapter's metadata says of its origin.
type Provenance struct {
	Version string        `json:"version"` // of the program
	Plan    string        `json:"plan"`    // its name
	Stage   string        `json:"stage"`   // the save
	Seed    uint64        `json:"seed"`
	Inputs  []ProvenInput `json:"inputs"`
	Recipe  string        `json:"recipe"` // canonical
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
	return p, true
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
