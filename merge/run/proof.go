package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Proof is an output with what its metadata say of its origin.
type Proof struct {
	Out    *adapter.Adapter
	Said   *plan.Provenance
	from   string         // the folder that the recipe's paths are relative to
	recipe *recipe.Recipe // down to the stages that lead to the output
	find   plan.Finder    // at the commits that the output names
}

// OpenProof reads the output's folder out. If from is empty, the recipe's folder is the one that
// the output names. find finds what the recipe names by references; it may be nil. Close the proof's output.
func OpenProof(out, from string, find plan.Finder) (_ *Proof, err error) {
	opened, err := formats.Open(out)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			opened.Close()
		}
	}()
	said, ours := plan.ReadProvenance(opened.Metadata())
	if !ours {
		return nil, fault.In(out, "has no recipe inside").Mend("only folders that `loramerge run` wrote have one")
	}
	if from == "" {
		relative, known := opened.Metadata()[plan.MetaFrom]
		if !known {
			return nil, fault.In(out, "does not say where its recipe lay").Mend("name the folder that the recipe's paths are relative to with --from")
		}
		from = filepath.Join(opened.Folder(), filepath.FromSlash(relative))
	}
	whole, err := recipe.Parse(plan.InMetadata(out, "recipe"), []byte(said.Recipe), stages.Verbs())
	if err != nil {
		return nil, err
	}
	saved, ok := whole.Lookup(said.Stage)
	if !ok || saved.Verb == nil || !saved.Verb.Writes {
		return nil, fault.In(out, "says that stage %q saved it, which is no save of its recipe", said.Stage).Mend("run the recipe again")
	}
	return &Proof{opened, said, from, whole.Leading(said.Stage), said.Pinned(find)}, nil
}

// Plan plans the recipe, which has one save.
func (p *Proof) Plan() (*plan.Plan, error) {
	planned, err := plan.New(p.recipe, p.from, plan.Options{Force: true, Library: plan.ProvenLibrary(p.Out.Path, p.Said.Recipes), Find: p.find})
	if err != nil {
		planned.Close()
		return nil, err
	}
	return planned, nil
}

// changedInput names the first input whose files are not those that the metadata name. It looks
// at the files alone, since with other ones the recipe may not even be planned.
func (p *Proof) changedInput(ctx context.Context, hashes plan.Hashes) (string, error) {
	for _, was := range p.Said.Inputs {
		is, err := p.input(was)
		if err != nil {
			return "", err
		}
		for _, file := range is.Files() {
			var err error
			if *file.Into, err = hashes.Hash(ctx, file.Path); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
				return "", fault.In(p.Out.Path, "names the input %q, and there is no %s", was.Adapter, file.Path).Mend("put it back, or name the folder that the recipe's paths are relative to with --from")
			} else if err != nil {
				return "", err
			}
		}
		pinned, now := lockfile.Pair{Weights: was.Weights, Config: was.Config}, lockfile.Pair{Weights: is.Weights.String(), Config: is.ConfigHash()}
		if pinned != now {
			_, how := pinned.Difference(now)
			return fmt.Sprintf("input %s (%s) has changed since: %s", strconv.Quote(was.Adapter), was.Path, how), nil
		}
	}
	return "", nil
}

// input is the folder that an input of the metadata is in now.
func (p *Proof) input(was plan.ProvenInput) (plan.Input, error) {
	if p.find == nil || !plan.IsReference(was.Path) {
		return plan.InputAt(stages.Resolve(p.from, was.Path)), nil
	}
	found, err := p.find("", was.Path, "")
	return plan.InputAt(found.Path), err
}

// otherInputs reports whether a plan reads other inputs than the metadata name.
func (p *Proof) otherInputs(inputs []plan.Input) bool {
	return len(inputs) != len(p.Said.Inputs) || slices.ContainsFunc(inputs, func(in plan.Input) bool {
		return !slices.ContainsFunc(p.Said.Inputs, func(was plan.ProvenInput) bool {
			return was.Adapter == in.Name && was.Path == in.Path && was.Weights == in.Weights.String() && was.Config == in.ConfigHash()
		})
	})
}

// readBeside is the canonical text of the recipe in an output's folder, down to the stages that
// lead to a save.
func readBeside(folder, save string) (string, error) {
	path := filepath.Join(folder, adapter.RecipeFile)
	source, err := osfile.ReadUpTo(path, recipe.SizeLimit+1)
	if err != nil {
		return "", err
	}
	parsed, err := recipe.ParseWith(path, source, stages.Verbs(), recipe.GivenIn(source))
	if err != nil {
		return "", err
	}
	return string(parsed.Leading(save).Canonical()), nil
}
