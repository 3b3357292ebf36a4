package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/golden"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// TestExamples: the example that `loramerge stages VERB` shows can be pasted into a
// recipe that loads python and sql and merges them.
func TestExamples(t *testing.T) {
	for _, kind := range stages.All {
		t.Run(kind.Name, func(t *testing.T) {
			text := "version: 1\nstages:\n  python: {load: a}\n  sql: {load: b}\n  merged: {average: [python, sql]}\n  example: " + kind.Example + "\n"
			parsed, err := recipe.Parse("example", []byte(text), stages.Verbs())
			if err != nil {
				t.Fatal(err)
			}
			if stage, _ := parsed.Lookup("example"); stage.Verb.Name != kind.Name {
				t.Errorf("it is an example of %q", stage.Verb.Name)
			}
		})
	}
}

// TestDeclaredInReadme: the README's table of verbs is the program's own.
func TestDeclaredInReadme(t *testing.T) {
	var table strings.Builder
	const head = "| verb | in → out | what it does |\n"
	table.WriteString(head + "| --- | --- | --- |\n")
	for _, kind := range stages.All {
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", kind.Name, kind.Flow, kind.Summary)
	}
	before, rest, found := strings.Cut(readme(t), head)
	_, after, ended := strings.Cut(rest, "\n\n")
	if !found || !ended {
		t.Fatalf("README.md has no table that begins %q", head)
	}
	golden.Compare(t, "../../README.md", []byte(before+table.String()+"\n"+after))
}

// TestReadmeCommands: the README's table of commands names all of them that
// the help shows, in its words.
func TestReadmeCommands(t *testing.T) {
	text := readme(t)
	for _, command := range rootCommand(newUI(nil, nil)).Commands() {
		if row := fmt.Sprintf("| `loramerge %s` | %s", command.Use, command.Short); !command.Hidden && !strings.Contains(text, row) {
			t.Errorf("README.md has no row %q", row)
		}
	}
}

// TestReadmeRecipes: every whole recipe in the README can be read.
func TestReadmeRecipes(t *testing.T) {
	found := 0
	for _, block := range codeBlocks(readme(t)) {
		if !strings.HasPrefix(block, "version: 1\n") {
			continue
		}
		found++
		if _, err := recipe.Parse("README.md", []byte(block), stages.Verbs()); err != nil {
			t.Errorf("%v in\n%s", err, block)
		}
	}
	if found == 0 {
		t.Error("README.md holds no recipe")
	}
}

func readme(t *testing.T) string {
	t.Helper()
	return string(read(t, "../../README.md"))
}
