package main

import (
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/regular"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// completeRecipes offers the recipes of a folder.
func completeRecipes(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

// completeFolders offers folders, which adapters are.
func completeFolders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeStages offers the stages of the recipe that was named.
func completeStages(c *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return completeRecipes(c, args, toComplete)
	}
	source, err := regular.ReadUpTo(args[0], recipe.SizeLimit+1)
	if err != nil || len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	parsed, _ := recipe.Parse(args[0], source, stages.Verbs())
	var names []string
	for _, stage := range parsed.Stages {
		names = append(names, stage.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completions tells what stands behind each command's name.
var completions = map[string]cobra.CompletionFunc{
	"run": completeRecipes, "plan": completeRecipes, "validate": completeRecipes, "import": completeRecipes,
	"init": completeFolders, "inspect": completeFolders, "verify": completeFolders, "report": completeFolders,
	"explain": completeStages,
}
