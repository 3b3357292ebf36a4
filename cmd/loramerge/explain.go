package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/stages"
)

func explainCommand(ui *ui) *cobra.Command {
	var against string
	var asJSON bool
	command := &cobra.Command{
		Use:   "explain RECIPE STAGE",
		Short: "show what a result's digest depends on, and why it differs",
		Long: `A result's digest is the hash of everything that the result depends on. explain prints what that is for
one stage of a plan. With --against, it prints why the stage has a different digest in another recipe, or
in another git revision of this one: the first differences down the graph. Inputs are read as they are now.`,
		Example: "  loramerge explain recipes/ties.yaml merged\n  loramerge explain recipes/ties.yaml merged --against HEAD~1",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			p, digests, err := ui.digestedPlan(c.Context(), func() (*plan.Plan, error) { return ui.load(c, args[0], plan.Options{Force: true}) })
			if err != nil {
				return err
			}
			defer p.Close()
			described, ok := digests.Find(args[1])
			if !ok {
				return see("loramerge plan "+args[0], fmt.Errorf("%s: %w", args[0], unknown("stage", args[1], stageNames(p))))
			}
			if against != "" {
				if _, err := os.Stat(against); args[0] == dash && err != nil {
					return usage(c.CommandPath(), errStdinRevision)
				}
				return ui.explainAgainst(c, digests, args[0], args[1], against, asJSON)
			}
			if asJSON {
				return ui.json(described)
			}
			ui.description(described)
			return nil
		},
	}
	command.Flags().StringVar(&against, "against", "", "another recipe, or a git revision of this one")
	command.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return command
}

func (u *ui) explainAgainst(c *cobra.Command, digests plan.Digests, path, stage, against string, asJSON bool) error {
	p, others, err := u.digestedPlan(c.Context(), func() (*plan.Plan, error) { return u.loadOther(c.Context(), path, against) })
	if err != nil {
		return err
	}
	defer p.Close()
	if _, ok := others.Find(stage); !ok {
		return fault.New("%s: %s", against, unknown("stage", stage, stageNames(p))).Mend("name a stage that both recipes have")
	}
	differences := digests.Compare(stage, others, stage)
	if asJSON {
		return u.json(differences)
	}
	u.whyDigests(stage, against, differences)
	return nil
}

// digestedPlan plans a recipe and computes the digests of its results. The plan is nil after an error.
func (u *ui) digestedPlan(ctx context.Context, load func() (*plan.Plan, error)) (*plan.Plan, plan.Digests, error) {
	p, err := load()
	if err != nil {
		return nil, plan.Digests{}, err
	}
	var options run.Options
	_ = u.openStore(&options, run.CacheOff) // without it all files are hashed
	digests, err := planDigests(ctx, p, options)
	if err != nil {
		p.Close()
		return nil, digests, err
	}
	return p, digests, nil
}

func stageNames(p *plan.Plan) []string {
	var names []string
	for _, n := range p.Nodes {
		names = append(names, n.ID)
	}
	return names
}

// loadOther plans another recipe's file or, if there is none of that name, another git
// revision of the recipe at path.
func (u *ui) loadOther(ctx context.Context, path, against string) (*plan.Plan, error) {
	if _, err := os.Stat(against); err == nil {
		return plan.Load(against, plan.Options{Force: true, Find: u.hub.Find})
	}
	r, err := revisionAt(ctx, filepath.Dir(path), against)
	if err != nil {
		return nil, fault.Wrap(err, "%q is not a file", against)
	}
	file, err := r.pathOf(path)
	if err != nil {
		return nil, err
	}
	source, err := r.read(ctx, file)
	if err != nil {
		return nil, err
	}
	name := against + ":" + filepath.ToSlash(path)
	u.sources[name] = strings.Split(string(source), "\n")
	find := func(_, reference, wanted string) (stages.Found, error) {
		pins, err := r.pins(ctx, file)
		if err != nil {
			return stages.Found{}, err
		}
		return u.hub.FindPinned(name, reference, wanted, pins)
	}
	return plan.LoadText(name, source, filepath.Dir(path), plan.Options{Force: true, Library: r.library(ctx), Find: find})
}
