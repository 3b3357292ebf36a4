package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loramerge/loramerge/stages"
)

// others are flags of other programs that texts speak of.
var others = []string{"--show-prefix", "--format", "--oneline", "--detach", "--no-textconv", "--global", "--full-tree", "--name-only", "--verify", "--quiet", "--enable-lora", "--max-lora-rank", "--local-dir", "--end-of-options", "--revision", "--depth",
	"--models", "--ratios", "--concat", "--lbws", "--new", "--dynamic", "--sd", // the last three of sd-scripts go on with an underscore
	"--lora", "--max-loras", "--adapter-path", "--model", "--prompt", "--model-path", "--lora-paths", "--max-loras-per-batch", "--lora-target-modules", "--outfile"}

// TestWordsExist: every command, flag, verb and page that a document, a help text or an error
// names is there.
func TestWordsExist(t *testing.T) {
	texts := map[string][]string{"the help": helpTexts(rootCommand(newUI(os.Stdout, os.Stderr)))}
	for _, pattern := range []string{"*.md", "docs/*.md", "recipes/*.yaml", ".github/*/*.yml", "action.yml", ".pre-commit-hooks.yaml"} {
		paths, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no files like %s: %v", pattern, err)
		}
		for _, path := range paths {
			texts[path] = codeOf(path, string(read(t, path)))
		}
	}
	for path, literals := range literals(t) {
		path = filepath.ToSlash(path)
		if !strings.Contains(path, "/merge/evaluate/") && !strings.Contains(path, "/merge/sweep/slurm/") { // which speak of the flags of evaluators and of Slurm
			texts[path] = literals
		}
	}
	words := newWords()
	for path, all := range texts {
		for _, text := range all {
			for _, wrong := range words.wrongIn(text) {
				t.Errorf("%s: %s, in %q", path, wrong, text)
			}
		}
	}
}

// words are those that the program knows.
type words struct {
	commands map[string]*cobra.Command
	flags    map[string]bool // of any command
	verbs    []string
	pages    []string
}

func newWords() words {
	w := words{commands: make(map[string]*cobra.Command), flags: make(map[string]bool)}
	for _, flag := range others {
		w.flags[flag] = true
	}
	root := rootCommand(newUI(os.Stdout, os.Stderr))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd("run")
	w.add(root, "")
	for _, kind := range stages.Verbs() {
		w.verbs = append(w.verbs, kind.Name)
	}
	w.pages, _ = errorPages()
	return w
}

func (w words) add(command *cobra.Command, path string) {
	command.InitDefaultHelpFlag()
	command.InitDefaultVersionFlag()
	command.Flags().VisitAll(func(f *pflag.Flag) { w.flags["--"+f.Name] = true })
	w.commands[path] = command
	for _, inner := range command.Commands() {
		w.add(inner, strings.TrimSpace(path+" "+inner.Name()))
	}
}

var (
	calls    = regexp.MustCompile(`(?:^|[^\w./-])(?:go run \./cmd/)?loramerge((?: +[^\s` + "`" + `|;)]+)*)`)
	flagForm = regexp.MustCompile(`(?:^|[^\w-])(--[a-z][a-z-]*)`)
	nameForm = regexp.MustCompile(`^[a-z][a-z-]*$`)
	passedOn = regexp.MustCompile(` -- .*`) // to another program
)

// wrongIn lists what a piece of code, a command line or a flag alone, says that is not there.
func (w words) wrongIn(text string) (wrong []string) {
	text = passedOn.ReplaceAllString(text, "")
	for _, flag := range flagForm.FindAllStringSubmatch(text, -1) {
		if !w.flags[flag[1]] && mine(text) {
			wrong = append(wrong, "there is no flag "+flag[1])
		}
	}
	for _, call := range calls.FindAllStringSubmatch(text, -1) {
		arguments := strings.Fields(call[1])
		if len(arguments) == 0 || !nameForm.MatchString(arguments[0]) {
			continue
		}
		command, known := w.commands[arguments[0]]
		if !known {
			wrong = append(wrong, "there is no command "+arguments[0])
			continue
		}
		for _, argument := range arguments[1:] {
			name, _, _ := strings.Cut(argument, "=")
			if flagForm.MatchString(name) && command.Flags().Lookup(strings.TrimPrefix(flagForm.FindStringSubmatch(name)[1], "--")) == nil {
				wrong = append(wrong, arguments[0]+" has no flag "+name)
			}
		}
		if len(arguments) < 2 || !nameForm.MatchString(arguments[1]) {
			continue
		}
		for of, known := range map[string][]string{"stages": w.verbs, "errors": w.pages} {
			if arguments[0] == of && !slices.Contains(known, arguments[1]) {
				wrong = append(wrong, of+" knows no "+arguments[1])
			}
		}
	}
	return wrong
}

// mine reports whether a piece of code is a command line of this program, or a flag without one.
func mine(text string) bool {
	text = strings.TrimSpace(text)
	return strings.Contains(text, "loramerge") || strings.HasPrefix(text, "-") || strings.Contains(text, " ") && !nameForm.MatchString(strings.Fields(text)[0])
}

// codeOf is what a document has as code: of Markdown the spans, and the lines of blocks.
func codeOf(path, text string) (all []string) {
	if filepath.Ext(path) != ".md" {
		for _, line := range strings.Split(text, "\n") {
			line = strings.TrimPrefix(strings.TrimSpace(line), "entry: ")
			if strings.HasPrefix(line, "loramerge ") {
				all = append(all, line)
			} else {
				all = append(all, quoted(line)...)
			}
		}
		return all
	}
	fenced, language := false, ""
	for _, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			fenced, language = !fenced, strings.TrimLeft(strings.TrimSpace(line), "`")
		case fenced && language == "yaml" && !strings.Contains(line, "loramerge"): // other programs' flags
		case fenced, strings.HasPrefix(line, "    "):
			all = append(all, strings.TrimPrefix(strings.TrimSpace(line), "$ "))
		default:
			parts := strings.Split(line, "`")
			for i := 1; i < len(parts); i += 2 {
				all = append(all, parts[i])
			}
		}
	}
	return all
}

// helpTexts are the lines of all help.
func helpTexts(command *cobra.Command) (all []string) {
	all = append(strings.Split(command.Example, "\n"), quoted(command.Long)...)
	command.Flags().VisitAll(func(f *pflag.Flag) { all = append(all, quoted(f.Usage)...) })
	for _, inner := range command.Commands() {
		all = append(all, helpTexts(inner)...)
	}
	return all
}

// literals are the texts in the sources, by file, as far as they name a flag or quote a command.
func literals(t *testing.T) map[string][]string {
	t.Helper()
	all := make(map[string][]string)
	for _, folder := range []string{"adapter", "cmd/loramerge", "internal", "merge", "recipe", "stages"} {
		err := filepath.WalkDir(filepath.Join("..", "..", folder), func(path string, _ fs.DirEntry, err error) error {
			if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/asm/") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					text, _ := strconv.Unquote(literal.Value)
					all[path] = append(all[path], quoted(text)...)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// quoted are the spans of code in a message, and the flags outside of them.
func quoted(text string) (all []string) {
	parts := strings.Split(passedOn.ReplaceAllString(text, ""), "`")
	for i, part := range parts {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		for _, flag := range flagForm.FindAllStringSubmatch(part, -1) {
			all = append(all, flag[1])
		}
	}
	return all
}
