package plan

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/stages"
)

// Kept is what nothing that is written beside the outputs may touch: what the plan reads,
// and the outputs.
func (p *Plan) Kept() []overwrite.Kept {
	all := p.reads()
	for _, n := range p.Nodes {
		if sink, ok := n.Op.(stages.Sink); ok {
			all = append(all, overwrite.Kept{Path: sink.Target(), What: fmt.Sprintf("where stage %q saves", n.ID), Closed: true})
		}
	}
	return all
}

// reads are the files that the plan is made from, and the lock, which the run writes itself.
func (p *Plan) reads() []overwrite.Kept {
	var all []overwrite.Kept
	for _, n := range p.Nodes {
		source, ok := n.Op.(stages.Source)
		if !ok {
			continue
		}
		for _, opened := range source.Adapters() {
			what := fmt.Sprintf("which stage %q reads", n.ID)
			for _, path := range []string{opened.Path, filepath.Join(opened.Path, adapter.WeightsFile), filepath.Join(opened.Path, adapter.ConfigFile)} {
				all = append(all, overwrite.Kept{Path: path, What: what})
			}
		}
	}
	if _, err := os.Stat(p.Recipe.File); err == nil { // that of an output's metadata is in no file of its own
		all = append(all, overwrite.Kept{Path: p.Recipe.File, What: "the recipe"}, overwrite.Kept{Path: lockfile.Path(p.Recipe.File), What: "its lock"})
	}
	for _, in := range p.Included {
		all = append(all, overwrite.Kept{Path: filepath.Join(p.dir, filepath.FromSlash(in.path)), What: "a recipe that is loaded"})
	}
	return all
}
