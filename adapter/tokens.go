package adapter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// Token is a row of an embedding that was trained, which replaces the base model's row of that
// token. In memory each row is a whole tensor, called LAYER[token ID], so that adapters meet row
// by row whatever other rows they hold.
type Token struct {
	Layer string
	ID    int
}

const tokenMark = "[token "

// Name is that of its module.
func (t Token) Name() string { return fmt.Sprintf("%s%s%d]", t.Layer, tokenMark, t.ID) }

// TokenOf parses a module's name.
func TokenOf(module string) (Token, bool) {
	rest, closed := strings.CutSuffix(module, "]")
	layer, text, marked := strings.Cut(rest, tokenMark)
	if !closed || !marked || layer == "" {
		return Token{}, false
	}
	id := 0
	for _, c := range text {
		if c < '0' || c > '9' || id > MostTokens {
			return Token{}, false
		}
		id = id*10 + int(c-'0')
	}
	t := Token{layer, id}
	return t, t.Name() == module
}

// RowsGlob matches all rows of a layer, and no other module.
func RowsGlob(layer string) string { return layer + tokenMark + "*" }

// RowsText counts rows, each of which is of another token.
func RowsText(n int) string {
	return printable.Choose(n, "the row of 1 token", fmt.Sprintf("rows of %d tokens", n))
}

// RowsTogether are modules' names for people to read, with one text for several rows of a layer.
func RowsTogether(names []string) []string {
	rows := make(map[string]int) // by layer
	for _, name := range names {
		if token, row := TokenOf(name); row {
			rows[token.Layer]++
		}
	}
	var out []string
	said := make(map[string]bool)
	for _, name := range names {
		token, row := TokenOf(name)
		if row && rows[token.Layer] > 1 {
			if said[token.Layer] {
				continue
			}
			said[token.Layer] = true
			name = RowsText(rows[token.Layer]) + " of " + token.Layer
		}
		out = append(out, name)
	}
	return out
}

// MostTokens bounds ids: no vocabulary comes near it.
const MostTokens = 1 << 30

// IsToken reports whether a whole tensor is the row of a token.
func (m *Module) IsToken() bool {
	if m.Form != Whole {
		return false
	}
	_, ok := TokenOf(m.Name)
	return ok
}

// TokenIDs are the ids of the rows among modules, in rising order, by layer.
func TokenIDs(modules []*Module) map[string][]int {
	ids := make(map[string][]int)
	for _, m := range modules {
		if m.Form != Whole {
			continue
		}
		if t, ok := TokenOf(m.Name); ok {
			ids[t.Layer] = append(ids[t.Layer], t.ID)
		}
	}
	for _, of := range ids {
		slices.Sort(of)
	}
	return ids
}

// TokenPlaces are the places of modules' rows, which are stored layer by layer in the order of
// TokenIDs under the name that it has for the layer.
func TokenPlaces(modules []*Module, name func(layer string) string) []Place {
	ids := TokenIDs(modules)
	byLayer := make(map[string]*Place)
	var layers []string
	for _, m := range modules {
		if m.Form != Whole {
			continue
		}
		t, ok := TokenOf(m.Name)
		if !ok {
			continue
		}
		place := byLayer[t.Layer]
		if place == nil {
			place = &Place{Spec: safetensors.Spec{Name: name(t.Layer), DType: m.W.DType, Shape: []int{len(ids[t.Layer]), m.W.Elements()}}, Module: m, Rows: make(map[string]int)}
			byLayer[t.Layer] = place
			layers = append(layers, t.Layer)
		}
		place.DType = Promote(place.DType, m.W.DType)
		place.Rows[m.Name], _ = slices.BinarySearch(ids[t.Layer], t.ID)
	}
	var out []Place
	for _, layer := range layers {
		out = append(out, *byLayer[layer])
	}
	return out
}

// partOf is a module's share of what is stored in the place.
func (p *Place) partOf(module string) part {
	if row, ok := p.Rows[module]; ok {
		return part{module, row, len(p.Rows)}
	}
	return partOf(module)
}
