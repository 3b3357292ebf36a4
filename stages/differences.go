package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/printable"
)

// difference is where two adapters' modules are not alike, and at how many modules some are.
type difference struct {
	module  string
	count   int
	names   [2]string
	modules [2]*adapter.Module
}

// differs finds the first module at which an adapter is unlike the first that has it, and
// counts such modules.
func differs(in Type, unlike func(x, y *adapter.Module) bool) *difference {
	var found *difference
	for _, name := range in.Union() {
		var first *adapter.Module
		var owner int
		for i, m := range in.At(name) {
			if first == nil {
				first, owner = m, i
				continue
			}
			if m == first || !unlike(first, m) {
				continue
			}
			if found == nil {
				found = &difference{module: name, names: [2]string{in.Members[owner].Name, in.Members[i].Name}, modules: [2]*adapter.Module{first, m}}
			}
			found.count++
			break
		}
	}
	return found
}

// unlikePairs compares a figure of pairs.
func unlikePairs(figure func(*adapter.Module) float64) func(x, y *adapter.Module) bool {
	return func(x, y *adapter.Module) bool {
		return x.Form != adapter.Whole && y.Form != adapter.Whole && figure(x) != figure(y)
	}
}

func (d *difference) text(what string) string {
	side := func(i int) string {
		m := d.modules[i]
		if what == "rank" {
			return fmt.Sprintf("%q has rank %d", d.names[i], m.LayerRank())
		}
		return fmt.Sprintf("%q has scale %.6g (alpha %.6g, rank %d)", d.names[i], m.Scale, m.Alpha, m.Rank)
	}
	return fmt.Sprintf("%s and %s at %s, the first %q", side(0), side(1), printable.Count(d.count, "module"), d.module)
}

func maxRank(in Type) int {
	most := 0
	for _, member := range in.Members {
		for _, m := range member.Modules {
			most = max(most, m.LayerRank())
		}
	}
	return most
}

func sameLayer(x, y *adapter.Module) bool {
	if x.Form != y.Form {
		return false
	}
	if x.Form == adapter.Whole {
		return slices.Equal(x.W.Shape, y.W.Shape)
	}
	return slices.Equal(x.A.Shape[1:], y.A.Shape[1:]) && x.B.Shape[0] == y.B.Shape[0]
}

func layerText(m *adapter.Module) string {
	if m.Form == adapter.Whole {
		return fmt.Sprintf("a tensor %v", m.W.Shape)
	}
	return fmt.Sprintf("%s [out %d, in %s]", m.Form, m.Out(), strings.Trim(strings.Join(strings.Fields(fmt.Sprint(m.A.Shape[1:])), "×"), "[]"))
}
