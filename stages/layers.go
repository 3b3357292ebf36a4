package stages

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/adapter"
)

// layerPlace is a module's kind, its name with * for the number of the layer, and that number.
type layerPlace struct {
	stack string // what stands before the number
	kind  string
	layer int // -1 where there is none
}

func layerOf(module string) layerPlace {
	layer := depth(module)
	if layer < 0 {
		return layerPlace{kind: module, layer: -1}
	}
	parts := strings.Split(module, ".")
	at := slices.IndexFunc(parts, func(part string) bool { return depth(part) >= 0 })
	stack := strings.Join(parts[:at], ".")
	parts[at] = "*"
	return layerPlace{stack, strings.Join(parts, "."), layer}
}

// layerStack is layers that are numbered in a row, such as those of a decoder.
type layerStack struct {
	name  string
	last  int
	kinds map[string]map[int]*adapter.Module // by layer
}

// stacksOf finds the layers that pairs belong to, by the stacks' names.
func stacksOf(pairs []*adapter.Module) []*layerStack {
	stacks := make(map[string]*layerStack)
	for _, m := range pairs {
		at := layerOf(m.Name)
		if at.layer < 0 {
			continue
		}
		s := stacks[at.stack]
		if s == nil {
			s = &layerStack{name: at.stack, kinds: make(map[string]map[int]*adapter.Module)}
			stacks[at.stack] = s
		}
		if s.kinds[at.kind] == nil {
			s.kinds[at.kind] = make(map[int]*adapter.Module)
		}
		s.kinds[at.kind][at.layer] = m
		s.last = max(s.last, at.layer)
	}
	out := make([]*layerStack, 0, len(stacks))
	for _, name := range slices.Sorted(maps.Keys(stacks)) {
		out = append(out, stacks[name])
	}
	return out
}

// gap is a kind of module that a layer up to the last lacks.
func (s *layerStack) gap() (kind string, layer int, found bool) {
	for _, kind := range slices.Sorted(maps.Keys(s.kinds)) {
		for layer := range s.last + 1 {
			if s.kinds[kind][layer] == nil {
				return kind, layer, true
			}
		}
	}
	return "", 0, false
}

// filled gives a pair to every kind of module in each of so many layers: like the pair of
// the nearest layer before, or of the first that has one.
func (s *layerStack) filled(layers int) []*adapter.Module {
	var out []*adapter.Module
	for _, kind := range slices.Sorted(maps.Keys(s.kinds)) {
		held := s.kinds[kind]
		like := held[slices.Min(slices.Collect(maps.Keys(held)))]
		for layer := range layers {
			if m := held[layer]; m != nil {
				like = m
				continue
			}
			zero := *like
			zero.Name = strings.Replace(kind, "*", strconv.Itoa(layer), 1)
			out = append(out, &zero)
		}
	}
	return out
}
