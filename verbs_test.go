package loramerge_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/stages"
)

// writers are packages that write recipes, in which verbs have names.
var writers = []string{"merge/draft", "internal/mergekit"}

// TestVerbsAreKnownByTheirKind: no package but stages asks what a verb is called; what it
// wants to know of a verb is part of its Kind or Op.
func TestVerbsAreKnownByTheirKind(t *testing.T) {
	verbs := make(map[string]bool)
	for _, kind := range stages.All {
		verbs[kind.Name] = true
	}
	for _, file := range sources(t) {
		if file.folder == "stages" || slices.Contains(writers, file.folder) || strings.HasPrefix(file.folder, "internal/kernels") || strings.HasSuffix(file.path, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file.path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		named := func(e ast.Expr) {
			if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil && verbs[text] {
					t.Errorf("%s asks for the verb %q by its name", set.Position(lit.Pos()), text)
				}
			}
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				named(n.X)
				named(n.Y)
			case *ast.CaseClause:
				for _, e := range n.List {
					named(e)
				}
			case *ast.IndexExpr:
				named(n.Index)
			}
			return true
		})
	}
}
