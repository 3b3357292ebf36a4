package loramerge_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/golden"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

const schemaFile = "docs/recipe.schema.json"

// verdictForm is how the first line of a broken recipe begins.
var verdictForm = regexp.MustCompile(`^# schema (accepts|refuses), planner refuses: \S`)

// TestBrokenRecipes compares what the schema and the planner say of each recipe in
// testdata/broken with what its first line says. A schema knows what the file alone
// shows; what the planner says of it, to the letter, is in the golden file.
func TestBrokenRecipes(t *testing.T) {
	s := compileSchema(t)
	for _, path := range files(t, "testdata/broken/*.yaml") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			source := readFile(t, path)
			verdict := verdictForm.FindSubmatch(source)
			if verdict == nil {
				t.Fatalf("the first line is not like %s", verdictForm)
			}
			if got := schemaVerdict(s, source); got != string(verdict[1]) {
				t.Errorf("the schema %s it", got)
			}
			p, err := plan.Load(path, plan.Options{})
			if err == nil {
				p.Close()
				t.Fatal("the planner accepts it")
			}
			golden.Compare(t, strings.TrimSuffix(path, ".yaml")+".golden", mistakeLines(t, err))
		})
	}
}

// TestWarnedRecipes plans each recipe in testdata/warned: what it warns of, to the
// letter, is in the golden file.
func TestWarnedRecipes(t *testing.T) {
	for _, path := range files(t, "testdata/warned/*.yaml") {
		p, err := plan.Load(path, plan.Options{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		p.Close()
		var warnings error
		for _, w := range p.Warnings {
			warnings = multierror.Append(warnings, w)
		}
		golden.Compare(t, strings.TrimSuffix(path, ".yaml")+".golden", mistakeLines(t, warnings))
	}
}

func TestSchemaAcceptsExamples(t *testing.T) {
	s := compileSchema(t)
	for _, path := range slices.Concat(exampleRecipes(t), files(t, "testdata/golden/*/recipe.yaml"), files(t, "testdata/warned/*.yaml")) {
		if schemaVerdict(s, readFile(t, path)) != "accepts" {
			t.Errorf("the schema refuses %s", path)
		}
	}
}

// Editors find the schema by the first line of a recipe.
func TestExamplesNameSchema(t *testing.T) {
	for _, path := range exampleRecipes(t) {
		if !bytes.HasPrefix(readFile(t, path), []byte("# yaml-language-server: $schema=../"+schemaFile+"\n")) {
			t.Errorf("%s does not name the schema in its first line", path)
		}
	}
}

func TestDeclaredInSchema(t *testing.T) {
	golden.Compare(t, schemaFile, recipe.Schema(stages.Verbs()))
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(recipe.Schema(stages.Verbs())))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("recipe.schema.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("recipe.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// schemaVerdict is what an editor would find: a file that YAML or JSON can't hold is
// refused too.
func schemaVerdict(s *jsonschema.Schema, source []byte) string {
	var document any
	if err := yaml.Unmarshal(source, &document); err != nil {
		return "refuses"
	}
	text, err := json.Marshal(document)
	if err != nil {
		return "refuses"
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil || s.Validate(instance) != nil {
		return "refuses"
	}
	return "accepts"
}

// mistakeLines gives each mistake a line; all of them must have a place and a remedy.
func mistakeLines(t *testing.T, err error) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, e := range fault.List(err) {
		m, ok := e.(*fault.Fault)
		if !ok || m.Line < 1 || m.Remedy == "" && m.Cause == nil {
			t.Errorf("no place in the recipe, or no remedy: %v", e)
			continue
		}
		text := m.Error()
		if m.Page != "" {
			text += "; see `loramerge errors " + m.Page + "`"
		}
		out.WriteString(text + "\n")
	}
	return out.Bytes()
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files like %s: %v", pattern, err)
	}
	return paths
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
