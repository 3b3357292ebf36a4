package loramerge_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/loramerge/loramerge"

// floors are the folders of the project. A package imports from lower floors, or from
// its own folder; packages on one floor don't know each other. The linter
// has the same rules, for whoever has it installed.
var floors = map[string]int{
	"docs": 0, "internal": 0,
	"recipe": 1, "adapter": 1,
	"stages": 2, "merge/sweep/search": 2,
	"merge/evaluate": 3,
	"merge/plan":     4,
	"merge/run":      5, "merge/relate": 5,
	"merge/report": 6, "merge/compare": 6, "merge/draft": 6, "merge/sweep": 6,
	"merge": 7,
	"cmd":   8,
}

// narrow are packages that may import less than their floor allows.
var narrow = map[string][]string{
	"internal/safetensors": {"internal/fault", "internal/osfile", "internal/tensorfile"},
	"internal/gguf":        {"internal/fault", "internal/osfile", "internal/tensorfile"},
	"internal/tensorfile":  {"internal/fault"},
	"internal/fault":       {},
	"internal/kernels":     {},
	"internal/leftover":    {},
	"internal/outdir":      {"internal/fault", "internal/leftover"},
	"internal/osfile":      {},
	"internal/printable":   {},
	"internal/stats":       {},
	"merge/sweep/search":   {"recipe", "internal/fault"},
}

func TestImports(t *testing.T) {
	for _, file := range sources(t) {
		if _, ok := floors[top(file.folder)]; !ok {
			t.Errorf("%s: the folder has no floor; give it one in this test and in .golangci.yml", file.folder)
			continue
		}
		for _, path := range file.imports {
			imported, ours := strings.CutPrefix(path, module+"/")
			if ours && !allowed(file.folder, imported) {
				t.Errorf("%s imports %s; imports run cmd → merge → merge/{report, compare, draft, sweep} → merge/{run, relate} → merge/plan → merge/evaluate → stages → {recipe, adapter} → internal", file.path, imported)
			}
		}
	}
}

// TestFormatsAreBehindTheirTable: a format is known to the table of them and to stages, which know
// what a target's readers take. Whoever else opens adapters goes by the table.
func TestFormatsAreBehindTheirTable(t *testing.T) {
	for _, file := range sources(t) {
		if top(file.folder) == "stages" || top(file.folder) == "adapter" {
			continue
		}
		for _, imported := range file.imports {
			format, found := strings.CutPrefix(imported, module+"/adapter/")
			if found && format != "formats" {
				t.Errorf("%s imports the format %s", file.path, format)
			}
		}
	}
}

// TestNothingIsExecuted: commands may run other programs (git, and Slurm's), what they call may not, but for the one
// package that runs evaluators. What asks Slurm is given a function for it.
func TestNothingIsExecuted(t *testing.T) {
	for _, file := range sources(t) {
		if slices.ContainsFunc(file.imports, func(path string) bool { return path == "os/exec" || path == "plugin" }) && file.syntax.Name.Name != "main" && file.folder != "merge/evaluate/command" {
			t.Errorf("%s runs programs", file.path)
		}
	}
}

// TestNothingIsFetched: one package makes connections, and one command calls it.
func TestNothingIsFetched(t *testing.T) {
	const client = "internal/hub/client"
	called := 0
	for _, file := range sources(t) {
		for _, path := range file.imports {
			if first, _, _ := strings.Cut(path, "/"); (first == "net" && path != "net/url" || path == "crypto/tls") && file.folder != client {
				t.Errorf("%s imports %s: connections are the matter of %s", file.path, path, client)
			}
			if path == module+"/"+client {
				if called++; file.path != "cmd/loramerge/fetch.go" {
					t.Errorf("%s imports %s, which serves the command fetch alone", file.path, path)
				}
			}
		}
	}
	if called != 1 {
		t.Errorf("%s is imported by %d files, want 1", client, called)
	}
}

func allowed(from, to string) bool {
	if list, ok := narrow[from]; ok {
		return slices.Contains(list, to)
	}
	return top(from) == top(to) || floors[top(from)] > floors[top(to)]
}

// top is the folder with a floor of its own that a folder is, or lies in.
func top(folder string) string {
	for at := folder; ; at = path.Dir(at) {
		if _, ok := floors[at]; ok || at == "." {
			return at
		}
	}
}

// TestQuiet: the core never prints, exits, reads the clock or global randomness.
func TestQuiet(t *testing.T) {
	for _, file := range sources(t) {
		if file.syntax.Name.Name == "main" {
			continue
		}
		ast.Inspect(file.syntax, func(n ast.Node) bool {
			if what := file.loud(n); what != "" {
				t.Errorf("%s: %s has no place outside package main", file.set.Position(n.Pos()), what)
			}
			return true
		})
	}
}

// loudNames are what may not be used, by package; "*" is all that is in it.
var loudNames = map[string][]string{
	"fmt":       {"Print", "Printf", "Println"},
	"os":        {"Exit", "Stdin", "Stdout", "Stderr"},
	"log":       {"*"},
	"log/slog":  {"*"},
	"math/rand": {"*"},
	"time":      {"Now", "Since", "Until", "After", "AfterFunc", "NewTicker", "NewTimer", "Sleep", "Tick"},
}

// seededNames are what of math/rand/v2 does not draw from the global source.
var seededNames = []string{"New", "NewChaCha8", "NewPCG", "NewZipf", "Rand", "Source", "ChaCha8", "PCG", "Zipf"}

// loud names what a node does that the core may not do, or is empty.
func (f *source) loud(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallExpr:
		if name, ok := n.Fun.(*ast.Ident); ok && (name.Name == "print" || name.Name == "println") {
			return name.Name
		}
	case *ast.SelectorExpr:
		name, ok := n.X.(*ast.Ident)
		if !ok {
			return ""
		}
		path, used := f.names[name.Name], n.Sel.Name
		forbidden := loudNames[path]
		global := path == "math/rand/v2" && !slices.Contains(seededNames, used)
		if global || slices.Contains(forbidden, used) || slices.Contains(forbidden, "*") {
			return path + "." + used
		}
	}
	return ""
}

// source is a file of this module that is no test.
type source struct {
	path, folder string // slashed, from the repository's root
	set          *token.FileSet
	syntax       *ast.File
	imports      []string
	names        map[string]string // what each import is called in the file
}

// sources parses all files, whatever they are built for. Modules inside this one
// hold generators, which are not part of the program.
func sources(t *testing.T) []*source {
	t.Helper()
	var out []*source
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skip(path, entry.Name())
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parse(path)
		out = append(out, file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatal("no sources")
	}
	return out
}

func skip(path, name string) error {
	if path == "." {
		return nil
	}
	if name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(path, "go.mod")); !errors.Is(err, fs.ErrNotExist) {
		return fs.SkipDir
	}
	return nil
}

func parse(file string) (*source, error) {
	set := token.NewFileSet()
	syntax, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parsing: %w", err)
	}
	out := &source{set: set, syntax: syntax, path: filepath.ToSlash(file), names: make(map[string]string)}
	out.folder = path.Dir(out.path)
	for _, spec := range syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		name := path.Base(strings.TrimSuffix(imported, "/v2"))
		if spec.Name != nil {
			name = spec.Name.Name
		}
		out.imports, out.names[name] = append(out.imports, imported), imported
	}
	return out, nil
}
