package stages

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/adapter"
)

// LayerOf gives the number of a module's layer, the first whole number among the parts of its
// name, or -1; and the module's kind, its name with * in the number's place.
func LayerOf(module string) (layer int, kind string) {
	_, kind, layer = splitAtLayer(module)
	return layer, kind
}

// splitAtLayer also gives what comes before the number.
func splitAtLayer(module string) (stack, kind string, layer int) {
	layer = depth(module)
	if layer < 0 {
		return "", module, -1
	}
	between := separator(module)
	parts := strings.Split(module, between)
	at := slices.IndexFunc(parts, func(part string) bool { return wholeNumber(part) >= 0 })
	stack = strings.Join(parts[:at], between)
	parts[at] = "*"
	return stack, strings.Join(parts, between), layer
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
		stack, kind, layer := splitAtLayer(m.Name)
		if layer < 0 {
			continue
		}
		s := stacks[stack]
		if s == nil {
			s = &layerStack{name: stack, kinds: make(map[string]map[int]*adapter.Module)}
			stacks[stack] = s
		}
		if s.kinds[kind] == nil {
			s.kinds[kind] = make(map[int]*adapter.Module)
		}
		s.kinds[kind][layer] = m
		s.last = max(s.last, layer)
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
