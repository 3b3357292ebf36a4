package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

func stagesCommand(ui *ui) *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:     "stages [VERB]",
		Short:   "list the verbs of a recipe, or explain one",
		Example: "  loramerge stages\n  loramerge stages trim",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				if asJSON {
					return ui.json(describedVerbs(stages.All))
				}
				ui.verbs(stages.All)
				return nil
			}
			kind, ok := stages.Find(args[0])
			if !ok {
				return see(c.CommandPath(), unknown("verb", args[0], verbNames()))
			}
			if asJSON {
				return ui.json(describedVerbs([]*stages.Kind{kind})[0])
			}
			ui.verb(kind)
			return nil
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print it as JSON, with all parameters")
	return command
}

func verbNames() []string {
	names := make([]string, len(stages.All))
	for i, kind := range stages.All {
		names[i] = kind.Name
	}
	return names
}

// describedVerb is a verb's declaration for programs.
type describedVerb struct {
	Name       string           `json:"name"`
	Summary    string           `json:"summary"`
	Doc        string           `json:"doc"`
	Flow       string           `json:"flow"`
	Example    string           `json:"example"`
	Version    int              `json:"version"` // of its results
	Shorthand  bool             `json:"shorthand"`
	Parameters []describedParam `json:"parameters"`
}

type describedParam struct {
	Name     string             `json:"name"`
	Doc      string             `json:"doc"`
	Type     string             `json:"type"`
	Required bool               `json:"required"`
	Default  any                `json:"default"` // null where there is none
	Variants []describedVariant `json:"variants,omitempty"`
	Entries  []describedParam   `json:"entries,omitempty"` // of the tables that it takes
}

// describedVariant is another default, or that there is no such parameter, next to another one.
type describedVariant struct {
	Beside  string `json:"beside"`
	Taken   bool   `json:"taken"`
	Default any    `json:"default"`
}

func describedVerbs(all []*stages.Kind) []describedVerb {
	out := make([]describedVerb, len(all))
	for i, k := range all {
		out[i] = describedVerb{k.Name, k.Summary, k.Doc, k.Flow, k.Example, k.Version, k.Bind == nil, describedParams(k.Params)}
	}
	return out
}

func describedParams(params []*recipe.Param) []describedParam {
	out := []describedParam{}
	for _, p := range params {
		_, fields := recipe.RecordFields(p.Type)
		described := describedParam{p.Name, p.Doc, p.Type.Describe(), p.Required, asValue(p.Default), nil, describedParams(fields)}
		for _, v := range p.Variants {
			described.Variants = append(described.Variants, describedVariant{v.Beside, v.Taken, asValue(v.Default)})
		}
		out = append(out, described)
	}
	return out
}

// asValue is a parameter's default as JSON has it.
func asValue(value any) any {
	switch v := value.(type) {
	case *recipe.Number:
		if x, same := v.Everywhere(); same {
			return x
		}
		panic(fmt.Sprintf("a default varies: %v", v))
	case fmt.Stringer: // a duration
		return v.String()
	}
	return value
}
