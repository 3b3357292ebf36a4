package main

import (
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/merge/draft"
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
	source, err := osfile.ReadUpTo(args[0], recipe.SizeLimit+1)
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

// completeVerbs offers the verbs of a recipe.
func completeVerbs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return verbNames(), cobra.ShellCompDirectiveNoFileComp
}

// oneArgument offers nothing after a command's only argument.
func oneArgument(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(c, args, toComplete)
	}
}

// completions complete the arguments of each command.
var completions = map[string]cobra.CompletionFunc{
	"run": completeRecipes, "sweep": oneArgument(completeRecipes), "allow": oneArgument(completeRecipes), "plan": completeRecipes, "expand": oneArgument(completeRecipes), "validate": completeRecipes, "import": oneArgument(completeRecipes),
	"init": completeFolders, "inspect": completeFolders, "convert": completeFolders, "verify": oneArgument(completeFolders), "report": oneArgument(completeFolders),
	"stages": oneArgument(completeVerbs), "explain": completeStages,
}

// flagChoices are what flags of these names take, whatever the command.
var flagChoices = map[string][]string{"measure": measureNames, "cache": cacheNames, "method": draft.Methods}

// completeFlags offers the choices of a command's flags.
func completeFlags(command *cobra.Command) {
	for name, choices := range flagChoices {
		if command.Flags().Lookup(name) == nil {
			continue
		}
		if err := command.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // it was registered twice
		}
	}
}
