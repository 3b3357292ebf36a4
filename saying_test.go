package loramerge_test

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// saying is a text for users in the source, as a format, with its remedy.
type saying struct {
	at           token.Position
	text, remedy string
	whole        bool // no part of a longer text
}

// sayers are the functions that take a text, and the places of the text and of its
// remedy, -1 for none, among their arguments.
var sayers = map[string]struct {
	text, remedy int
	whole        bool
}{
	"recipe.Mistakef": {2, 1, true}, "Mistakef": {2, 1, true}, "r.mistake": {2, 1, true}, "problemf": {2, 1, true}, "notPlain": {2, 1, true}, "warn": {1, 0, true},
	"r.fail": {0, -1, true}, "s.fail": {0, -1, true}, "r.failAt": {1, -1, true}, "s.failAt": {1, -1, true}, "r.failWhole": {1, 0, true}, "fail": {2, 1, true},
	"fmt.Errorf": {0, -1, false}, "errors.New": {0, -1, false}, "fmt.Sprintf": {0, -1, false},
}

// texts are what a file can say, but to a programmer.
func (f *source) texts() []saying {
	var out []saying
	add := func(n ast.Node, text, remedy string, whole bool) {
		if prose.MatchString(text) {
			out = append(out, saying{f.set.Position(n.Pos()), text, remedy, whole})
		}
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name := callee(n)
			if s, ok := sayers[name]; ok && len(n.Args) > s.text {
				remedy := anything
				if s.remedy >= 0 {
					remedy = literal(n.Args[s.remedy])
				}
				add(n, literal(n.Args[s.text]), remedy, s.whole)
			}
			return name != "panic"
		case *ast.CompositeLit:
			fields := literals(n)
			add(n, fields["Text"]+fields["Reason"], fields["Remedy"], true)
		}
		return true
	})
	return out
}

// prose is a word: what has none is punctuation around another text.
var prose = regexp.MustCompile(`(^|[^%\pL])\pL{2,}`)

func callee(call *ast.CallExpr) string {
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		if of, ok := fun.X.(*ast.Ident); ok {
			return of.Name + "." + fun.Sel.Name
		}
	}
	return ""
}

// literals are the texts of a struct's fields.
func literals(composite *ast.CompositeLit) map[string]string {
	out := make(map[string]string)
	for _, element := range composite.Elts {
		if field, ok := element.(*ast.KeyValueExpr); ok {
			if name, ok := field.Key.(*ast.Ident); ok {
				out[name.Name] = literal(field.Value)
			}
		}
	}
	return out
}

// anything is a format that says nothing of its own.
const anything = "%s"

// literal is an expression as a format: its constant parts, and a verb for all else.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return text
		}
	case *ast.BinaryExpr:
		return literal(e.X) + literal(e.Y)
	case *ast.CallExpr:
		if callee(e) == "fmt.Sprintf" {
			return literal(e.Args[0])
		}
	}
	return anything
}

var verbForm = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)

// form matches the text as it is printed.
func (s saying) form() *regexp.Regexp {
	text := pattern(s.text)
	if !s.whole {
		return regexp.MustCompile(text)
	}
	end := `$`
	if s.remedy != "" {
		end = `[;:] ` + pattern(s.remedy)
	}
	return regexp.MustCompile(`(?m): ` + text + `( \(at byte \d+\))?(: .*)?` + end)
}

func pattern(format string) string {
	var out strings.Builder
	end := 0
	for _, at := range verbForm.FindAllStringIndex(format, -1) {
		out.WriteString(regexp.QuoteMeta(format[end:at[0]]))
		switch format[at[1]-1] {
		case 'd':
			out.WriteString(`[\[\]\d -]+`)
		case 'q':
			out.WriteString(`["'].*["']`)
		default:
			out.WriteString(`.*`)
		}
		end = at[1]
	}
	return out.String() + regexp.QuoteMeta(format[end:])
}
