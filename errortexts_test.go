package loramerge_test

import (
	"bytes"
	"go/ast"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// unshown are texts that no test can bring about, and why.
var unshown = map[string]string{
	"a dimension is too large for this machine's integers": "machines of 32 bits",
	"a file to be copied can't be read":                    "the system's words, of a file that its owner may not read",
	"check its permissions, or what is in its place":       "the system's words, of a lock that its owner may not read",
	"%s is a disk":                "disks are not for tests",
	"changed while it was copied": "another process at work",
	"don't change it until the run has ended, and run again":                   "another process at work",
	"the lock pins no output of stage %q":                                      "a lock edited by hand",
	"the delta of adapter %q at module %q can't be factored":                   "what is too large is refused before",
	"check the scales and weights of the stages before it":                     "what is too large is refused before",
	"their sum can't be decomposed at module %s":                               "what is too large is refused before",
	"look at their scales (alpha/r) with `loramerge inspect`":                  "what is too large is refused before",
	"does not say where its recipe lay":                                        "metadata edited by hand",
	"says that stage %q saved it, which is no save of its recipe":              "metadata edited by hand",
	"the metadata have no recipe %s":                                           "metadata edited by hand",
	"run the recipe again":                                                     "metadata edited by hand",
	"has a line of more than %d bytes":                                         "64 MB are not for tests",
	"leave transcripts out of the samples":                                     "64 MB are not for tests",
	"let the evaluator write its results to a folder of their own, {out}":      "100,000 files are not for tests",
	"score fewer documents in one run, or leave transcripts out of the result": "1 GiB is not for tests",
}

// TestErrorsAreShown: whatever text and remedy a Fault has, a test shows it: to the letter in a
// golden file, or in its own words. So a reviewer sees what a change does to it.
func TestErrorsAreShown(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads every file, and runs nothing of the program")
	}
	shown, tests, excused := goldens(t), testTexts(t), make(map[string]bool)
	all := sources(t)
	makers := faultMakers(all)
	for _, file := range all {
		for _, text := range file.faultTexts(makers) {
			format := literal(text)
			if _, known := unshown[format]; known {
				excused[format] = true
			} else if prose.MatchString(format) && !form(format).Match(shown) && !bytes.Contains(tests, []byte(longest(format))) {
				t.Errorf("%s: no test shows %q", file.set.Position(text.Pos()), format)
			}
		}
	}
	for text := range unshown {
		if !excused[text] {
			t.Errorf("nothing says %q any more", text)
		}
	}
}

// function is one by its folder and name.
type function struct{ folder, name string }

// faultMakers are the functions that make a Fault of a format, and which of their arguments
// it is: those of package fault, and whatever hands its own format on to one.
func faultMakers(all []*source) map[function]int {
	makers := map[function]int{}
	for known := -1; known < len(makers); {
		known = len(makers)
		for _, file := range all {
			ast.Inspect(file.syntax, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					file.addMaker(makers, n.Name, n.Type, n.Body)
				case *ast.AssignStmt:
					name, named := n.Lhs[0].(*ast.Ident)
					if f, ok := n.Rhs[0].(*ast.FuncLit); ok && named {
						file.addMaker(makers, name, f.Type, f.Body)
					}
				}
				return true
			})
		}
	}
	return makers
}

func (f *source) addMaker(makers map[function]int, name *ast.Ident, of *ast.FuncType, body *ast.BlockStmt) {
	at, format := 0, -1
	for _, field := range of.Params.List {
		for _, param := range field.Names {
			if param.Name == "format" {
				format = at
			}
			at++
		}
	}
	if format < 0 || body == nil {
		return
	}
	makes := f.folder == "internal/fault"
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			at, known := makers[f.callee(call)]
			if known && at < len(call.Args) {
				arg, ok := call.Args[at].(*ast.Ident)
				makes = makes || ok && arg.Name == "format"
			}
		}
		return true
	})
	if makes {
		makers[function{f.folder, name.Name}] = format
	}
}

// callee is the function that is called, a method by its name alone.
func (f *source) callee(call *ast.CallExpr) function {
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		return function{f.folder, fun.Name}
	case *ast.SelectorExpr:
		if of, ok := fun.X.(*ast.Ident); ok && f.names[of.Name] != "" {
			return function{strings.TrimPrefix(f.names[of.Name], module+"/"), fun.Sel.Name}
		}
		return function{f.folder, fun.Sel.Name}
	}
	return function{}
}

// faultTexts are the texts and remedies of a file's Faults.
func (f *source) faultTexts(makers map[function]int) (out []ast.Expr) {
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			callee := f.callee(call)
			at, makes := makers[callee]
			if (makes || callee.name == "Mend") && at < len(call.Args) {
				out = append(out, call.Args[at])
			}
		}
		return true
	})
	return out
}

// prose is a word: what has none is punctuation around another text.
var prose = regexp.MustCompile(`(^|[^%\pL])\pL{2,}`)

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
		if fun, ok := e.Fun.(*ast.SelectorExpr); ok && fun.Sel.Name == "Sprintf" {
			return literal(e.Args[0])
		}
	}
	return anything
}

var verbForm = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)

// form matches a format as it is printed.
func form(format string) *regexp.Regexp {
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
	return regexp.MustCompile(`(?m)[:;=] ` + out.String() + regexp.QuoteMeta(format[end:]))
}

var constant = regexp.MustCompile("%[-+# 0-9.]*[a-zA-Z]|[\"'`\\\\\n]")

// longest is the longest part of a format that is the same wherever it is written.
func longest(format string) string {
	return strings.TrimSpace(slices.MaxFunc(constant.Split(format, -1), func(x, y string) int { return len(x) - len(y) }))
}

// testTexts are the tests as they are written.
func testTexts(t *testing.T) []byte {
	t.Helper()
	var all bytes.Buffer
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && (strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".txtar") || strings.HasSuffix(path, ".golden")) {
			all.Write(readFile(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.Bytes()
}

var shownLine = regexp.MustCompile(`(?m)^ *\d* \| .*\n`)

// goldens are all the texts that tests compare to the letter: golden files, and of scripts the
// files that are called want.
func goldens(t *testing.T) []byte {
	t.Helper()
	var all bytes.Buffer
	for _, folder := range []string{"testdata/broken", "testdata/warned", "adapter/peft/testdata", "internal/safetensors/testdata", "merge/evaluate/results/testdata"} {
		for _, path := range files(t, folder+"/*.golden") {
			all.Write(readFile(t, path))
		}
	}
	for _, path := range files(t, "testdata/script/*.txtar") {
		for _, file := range txtar.Parse(readFile(t, path)).Files {
			if strings.HasPrefix(file.Name, "want") {
				all.Write(file.Data)
			}
		}
	}
	return shownLine.ReplaceAll(all.Bytes(), nil)
}
