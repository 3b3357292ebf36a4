package recipe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
)

// Number is a numeric parameter: one number, or numbers that differ by adapter, by
// module or over the model's depth. The forms nest, each at most once on a path.
type Number struct {
	Position
	form      form
	value     float64   // constant
	points    []float64 // byDepth: first layer … last layer, interpolated linearly
	cases     []numberCase
	otherwise *Number // of a table; may be nil
}

type form uint8

const (
	constant form = iota
	byAdapter
	byModule
	byDepth
)

type numberCase struct {
	glob   Glob // the adapter's name, or a module glob
	number *Number
}

// Site is a module as far as parameters depend on it. Depth runs from 0, the
// model's first layer, to 1, its last.
type Site struct {
	Module   string
	Depth    float64
	HasDepth bool
}

// Constant makes a number that is the same everywhere.
func Constant(value float64) *Number { return &Number{value: value} }

// Everywhere gives the value if it is the same for all adapters and modules.
func (n *Number) Everywhere() (float64, bool) { return n.value, n.form == constant }

// At is the value for an adapter at a module. The Number must have been checked
// with that adapter and module.
func (n *Number) At(adapter string, site Site) float64 {
	leaf, ok := n.leaf(adapter, site)
	if !ok {
		panic(fmt.Sprintf("recipe: number at %s has no value for %q at %q", n.Position, adapter, site.Module))
	}
	if leaf.form == byDepth {
		return interpolate(leaf.points, site.Depth)
	}
	return leaf.value
}

// leaf follows the tables down to the number that gives the value, or to the table
// that has none.
func (n *Number) leaf(adapter string, site Site) (*Number, bool) {
	for {
		if n.form == constant || n.form == byDepth && site.HasDepth {
			return n, true
		}
		inner := n.inner(adapter, site)
		if inner == nil {
			return n, false
		}
		n = inner
	}
}

// inner is the first of a table's cases that applies, else its default, which may be nil.
func (n *Number) inner(adapter string, site Site) *Number {
	for _, c := range n.cases {
		if n.form == byAdapter && c.glob.Pattern == adapter || n.form == byModule && c.glob.Match(site.Module) {
			return c.number
		}
	}
	return n.otherwise
}

// of is the number as one adapter gets it, without tables by adapter; nil where these have
// none for it.
func (n *Number) of(adapter string) *Number {
	switch {
	case n == nil || n.form == constant:
		return n
	case n.form == byAdapter:
		return n.inner(adapter, Site{}).of(adapter)
	}
	out := *n
	out.otherwise = n.otherwise.of(adapter)
	out.cases = mapped(n.cases, func(c numberCase) numberCase { return numberCase{c.glob, c.number.of(adapter)} })
	return &out
}

// interpolate reads a piecewise linear function over [0, 1] whose points are evenly
// spaced: (1−s)·pᵢ + s·pᵢ₊₁, which is exact at the points. Rounding must not lead out
// of what the parameter allows, so the value stays between its two points.
func interpolate(points []float64, x float64) float64 {
	last := len(points) - 1
	if last == 0 {
		return points[0]
	}
	position := x * float64(last)
	i := min(int(position), last-1)
	share, a, b := position-float64(i), points[i], points[i+1]
	value := float64((1-share)*a) + float64(share*b)
	return max(min(a, b), min(value, max(a, b)))
}

// Check finds what keeps the number from having a value for every adapter at every
// module: names that are not there, globs that match nothing, gaps. adapters is nil
// where the parameter is one for all of them. Globs may match any of the sites; only those
// that are used need a value.
func (n *Number) Check(adapters []string, sites, used []Site) []*fault.Fault {
	if mistakes := n.checkCases(adapters, sites); len(mistakes) > 0 {
		return mistakes
	}
	if n.form == constant {
		return nil
	}
	names := adapters
	if names == nil {
		names = []string{""}
	}
	for _, adapter := range names {
		for _, site := range used {
			if leaf, ok := n.leaf(adapter, site); !ok {
				return []*fault.Fault{leaf.gap(adapter, site)}
			}
		}
	}
	return nil
}

func (n *Number) checkCases(adapters []string, sites []Site) []*fault.Fault {
	var mistakes []*fault.Fault
	for _, c := range n.cases {
		switch {
		case n.form == byAdapter && adapters == nil:
			mistakes = append(mistakes, fault.At(c.glob.Position, "this parameter is the same for all adapters and can't be set for %q", c.glob.Pattern).
				Mend("write one number, or let it vary by module or layer"))
		case n.form == byAdapter && !slices.Contains(adapters, c.glob.Pattern):
			mistakes = append(mistakes, fault.At(c.glob.Position, "no adapter called %q flows into this stage", c.glob.Pattern).Mend(didYouMean(c.glob.Pattern, adapters)))
		case n.form == byModule:
			if m := c.glob.CheckMatches(sites); m != nil {
				mistakes = append(mistakes, m)
			}
		}
		mistakes = append(mistakes, c.number.checkCases(adapters, sites)...)
	}
	if n.otherwise != nil {
		mistakes = append(mistakes, n.otherwise.checkCases(adapters, sites)...)
	}
	return mistakes
}

// gap is the Fault of a table that has no value.
func (n *Number) gap(adapter string, site Site) *fault.Fault {
	if n.form == byAdapter {
		return fault.At(n.Position, "there is no value for adapter %q", adapter).Mend(fmt.Sprintf("add %q to the table, or a `default`", adapter))
	}
	why := ""
	if n.form == byDepth {
		why = ", whose name holds no layer number"
	}
	return fault.At(n.Position, "there is no value for module %q%s", site.Module, why).Mend("add a `default` to the table")
}

// CheckMatches is a Fault, naming the nearest modules, if the glob matches none.
func (g Glob) CheckMatches(sites []Site) *fault.Fault {
	names := make([]string, len(sites))
	for i, site := range sites {
		if g.Match(site.Module) {
			return nil
		}
		names[i] = site.Module
	}
	remedy := "the modules are " + nearestFew(g.Pattern, names)
	if nearest, ok := g.nearest(names); ok {
		remedy = fmt.Sprintf("the nearest module is %q", nearest)
	}
	return fault.At(g.Position, "%q matches no module", g.Pattern).Mend(remedy)
}

// Any reports whether one of the values that were written passes a test. What lies between
// two layers' values is no value of its own.
func (n *Number) Any(test func(float64) bool) bool {
	return n.form == constant && test(n.value) || slices.ContainsFunc(n.points, test) ||
		n.otherwise != nil && n.otherwise.Any(test) ||
		slices.ContainsFunc(n.cases, func(c numberCase) bool { return c.number.Any(test) })
}

// namesAdapters reports whether one of the tables is by adapter.
func (n *Number) namesAdapters() bool {
	return n != nil && (n.form == byAdapter || n.otherwise.namesAdapters() ||
		slices.ContainsFunc(n.cases, func(c numberCase) bool { return c.number.namesAdapters() }))
}

// VariesByModule reports whether the value depends on more than the adapter.
func (n *Number) VariesByModule() bool {
	return n.form == byModule || n.form == byDepth || n.otherwise != nil && n.otherwise.VariesByModule() ||
		slices.ContainsFunc(n.cases, func(c numberCase) bool { return c.number.VariesByModule() })
}

// text writes a number in its form. The order of module globs is kept: the first
// that matches wins.
func (n *Number) text() string {
	if n == nil {
		return "~"
	}
	var parts []string
	if n.otherwise != nil {
		parts = append(parts, wordDefault+": "+n.otherwise.text())
	}
	byCase := func(c numberCase) (string, string) { return c.glob.Pattern, c.number.text() }
	switch n.form {
	case constant:
		return numberText(n.value)
	case byDepth:
		parts = append(parts, wordLayers+": ["+strings.Join(mapped(n.points, numberText), ", ")+"]")
	case byModule:
		parts = append(parts, wordModules+": "+tableInOrder(n.cases, byCase))
	case byAdapter:
		if len(n.cases) > 0 {
			inner := table(n.cases, byCase)
			parts = append(parts, inner[1:len(inner)-1])
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
