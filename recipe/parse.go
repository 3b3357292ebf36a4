package recipe

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/recipetext"
	"gopkg.in/yaml.v3"
)

// Parse reads a recipe whose stages use verbs. file names it in messages. The
// error gathers every Fault; the Recipe holds what could be read all the same,
// so that a caller can go on to find the mistakes of meaning.
func Parse(file string, source []byte, verbs []*Verb) (*Recipe, error) {
	return ParseWith(file, source, verbs, nil)
}

// ParseWith is Parse with values for variables of the recipe instead of their
// defaults.
func ParseWith(file string, source []byte, verbs []*Verb, vars map[string]string) (*Recipe, error) {
	return (&reader{file: file, verbs: verbs, given: vars}).parse(source)
}

func (r *reader) parse(source []byte) (*Recipe, error) {
	r.unset, r.used = make(map[*yaml.Node]bool), make(map[string]bool)
	r.whole, r.naming = make(map[*yaml.Node]string), make(map[string]bool)
	out := &Recipe{File: r.file, Source: withGiven(source, r.given)}
	if root := r.root(source); root != nil {
		r.recipe(root, out)
	}
	return out, r.mistakes.ErrorOrNil()
}

// root decodes the one document of the file to nodes, which keep their positions.
func (r *reader) root(source []byte) *yaml.Node {
	top := &yaml.Node{Line: 1, Column: 1}
	if len(source) > SizeLimit {
		r.mistake(top, "the recipe is larger than %d bytes", SizeLimit).Mend("split it, or generate fewer stages")
		return nil
	}
	if !utf8.Valid(source) {
		r.report(fault.At(recipetext.InvalidPlace(r.file, source), "the recipe is not UTF-8 text").Mend("save it as UTF-8"))
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		r.mistake(top, "the recipe is empty").Mend(firstRecipe)
		return nil
	} else if err != nil {
		r.report(recipetext.NotYAML(r.file, source, err))
		return nil
	}
	if err := decoder.Decode(&second); err == nil {
		r.mistake(&second, "a second document begins here").Mend("put each recipe into a file of its own")
	} else if !errors.Is(err, io.EOF) {
		r.report(recipetext.NotYAML(r.file, source, err))
	}
	root := resolve(document.Content[0])
	if at := expands(root); at != nil {
		r.mistake(at, "the aliases of this file expand to more than %d values, or into themselves", nodeLimit).Mend("write the values out")
		return nil
	}
	return root
}

// expands counts the nodes that a tree with aliases expands to, each anchor once, and
// gives the place where the count passes the limit or a cycle closes.
func expands(root *yaml.Node) *yaml.Node {
	const open = -1
	sizes := make(map[*yaml.Node]int)
	var count func(*yaml.Node) (int, *yaml.Node)
	count = func(node *yaml.Node) (int, *yaml.Node) {
		target := resolve(node)
		if size, seen := sizes[target]; seen {
			if size == open {
				return 0, node
			}
			return size, nil
		}
		sizes[target] = open
		total := 1
		for _, child := range target.Content {
			size, bad := count(child)
			if total += size; bad == nil && total > nodeLimit {
				bad = child
			}
			if bad != nil {
				return 0, bad
			}
		}
		sizes[target] = total
		return total, nil
	}
	_, bad := count(root)
	return bad
}

// Parse is the package's Parse of the other recipe, whose variables have the values that
// are given to them here.
func (u *Reuse) Parse(file string, source []byte, verbs []*Verb) (*Recipe, error) {
	given := make(map[string]string, len(u.Set))
	for _, v := range u.Set {
		given[v.Name] = v.Value
	}
	return (&reader{file: file, verbs: verbs, given: given, use: u}).parse(source)
}
