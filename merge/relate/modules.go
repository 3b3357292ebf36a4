package relate

import (
	"slices"
	"strings"

	"github.com/loramerge/loramerge/stages"
)

// Modules are the adapters' pairs by their names.
type Modules struct {
	All    int `json:"all"`    // names
	Common int `json:"common"` // that every adapter has
	// Partial are those that only some adapters have, by kind: the name with * for the layer's number.
	Partial []Partial `json:"partial"`
	Unlike  []string  `json:"unlike"` // names that mean layers of different shapes or forms
}

// Partial is modules of one kind that the same adapters have, and others lack.
type Partial struct {
	Kind     string   `json:"kind"`
	Modules  int      `json:"modules"`
	Adapters []string `json:"adapters"`
}

func modulesOf(adapters []Opened, places []*place) Modules {
	out := Modules{Partial: []Partial{}, Unlike: []string{}}
	for at := 0; at < len(places); {
		module := places[at].module
		var holders []int
		layers := 0
		for ; at < len(places) && places[at].module == module; at++ {
			holders = append(holders, places[at].holders...)
			layers++
		}
		out.All++
		if layers > 1 {
			out.Unlike = append(out.Unlike, module)
		}
		if len(holders) == len(adapters) {
			out.Common++
			continue
		}
		slices.Sort(holders)
		out.lack(module, adapters, holders)
	}
	slices.SortFunc(out.Partial, func(x, y Partial) int { return strings.Compare(x.Kind, y.Kind) })
	return out
}

// lack counts a module that only its holders have.
func (m *Modules) lack(module string, adapters []Opened, holders []int) {
	names := make([]string, len(holders))
	for k, i := range holders {
		names[k] = adapters[i].Name
	}
	_, kind := stages.LayerOf(module)
	at := slices.IndexFunc(m.Partial, func(p Partial) bool { return p.Kind == kind && slices.Equal(p.Adapters, names) })
	if at < 0 {
		at = len(m.Partial)
		m.Partial = append(m.Partial, Partial{Kind: kind, Adapters: names})
	}
	m.Partial[at].Modules++
}
