package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/compare"
	"github.com/loramerge/loramerge/merge/plan"
)

func diffCommand(ui *ui) *cobra.Command {
	var asJSON bool
	var against string
	command := &cobra.Command{
		Use:   "diff A B",
		Short: "compare two adapters, module by module, or two recipes, by meaning",
		Long: `For two adapters, prints for every module that both have the cosine of the two ΔW, their distance
‖ΔWa − ΔWb‖ / ‖ΔWa‖ and the share of elements with opposite signs; the modules that differ most come
first. For two recipes, prints the stages and parameters that differ after shorthands are expanded and
defaults filled in, so recipes that describe the same merge in different words do not differ. Where the
locks of both have scores, it prints how these differ, document by document if the evaluator wrote documents.

A recipe can also be one of a git revision, as git names it: HEAD~1:merge.yaml. Its lock and scores are then
those of that revision, and so are the recipes that it loads. With --against, one argument is enough.`,
		Example: "  loramerge diff adapters/python out/merged\n  loramerge diff ties.yaml ties-sparser.yaml\n  loramerge diff HEAD:merge.yaml merge.yaml\n  loramerge diff --against main merge.yaml",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			collectAt(garbageWhilePlanning)
			if (len(args) == 1) != (against != "") {
				return usage(c.CommandPath(), fmt.Errorf("name two things to compare, or one and --against"))
			}
			if against != "" {
				return ui.diffAgainst(c, against, args[0], asJSON)
			}
			if args[0] == dash && args[1] == dash {
				return usage(c.CommandPath(), errors.New("- is named twice"))
			}
			a, err := isAdapter(args[0])
			if err != nil {
				return err
			}
			b, err := isAdapter(args[1])
			switch {
			case err != nil:
				return err
			case a != b:
				return usage(c.CommandPath(), fmt.Errorf("%s and %s are not both adapters' folders, or both recipes", args[0], args[1]))
			case a:
				return ui.diffAdapters(c.Context(), args[0], args[1], asJSON)
			}
			was, err := ui.side(c, args[0])
			if err != nil {
				return err
			}
			is, err := ui.side(c, args[1])
			if err != nil {
				return err
			}
			return ui.diffRecipes(c.Context(), was, is, asJSON)
		},
	}
	command.Flags().StringVar(&against, "against", "", "another recipe, or a git revision of this one")
	command.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return command
}

// diffAgainst compares a recipe with another, or with what a git revision has of it.
func (u *ui) diffAgainst(c *cobra.Command, against, file string, asJSON bool) error {
	_, err := os.Stat(against)
	if file == dash && err != nil {
		return usage(c.CommandPath(), errStdinRevision)
	}
	is, failed := u.sideOnDisk(c, file)
	if failed != nil {
		return failed
	}
	var was *recipeSide
	if err == nil {
		was, err = u.sideOnDisk(c, against)
	} else {
		was, err = u.sideOf(c.Context(), against, file)
	}
	if err != nil {
		return err
	}
	return u.diffRecipes(c.Context(), was, is, asJSON)
}

// isAdapter reports whether a path is one of an adapter, a folder or a file. What a git revision or standard
// input has is none.
func isAdapter(path string) (bool, error) {
	if _, _, ok := ofRevision(path); ok || path == dash {
		return false, nil
	}
	if plan.IsReference(path) {
		return true, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return false, fault.In(path, "cannot be read").Because(err).Mend("name two adapters' folders or two recipes")
	}
	return info.IsDir() || formats.Recognize(path), nil
}

func (u *ui) diffAdapters(ctx context.Context, pathA, pathB string, asJSON bool) error {
	folderA, err := u.path(pathA)
	if err != nil {
		return err
	}
	folderB, err := u.path(pathB)
	if err != nil {
		return err
	}
	a, err := formats.Open(folderA)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := formats.Open(folderB)
	if err != nil {
		return err
	}
	defer b.Close()
	found, err := compare.Adapters(ctx, a, b)
	if err != nil {
		return err
	}
	if asJSON {
		return u.json(found)
	}
	u.comparison(found)
	return nil
}
