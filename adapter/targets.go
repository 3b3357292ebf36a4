package adapter

import (
	"slices"
	"strconv"
	"strings"
)

// TargetNames are names by which PEFT and mlx_lm find these pairs and, as far as they show,
// nothing else: what a module is called within its layer, self_attn.q_proj, if every layer up to
// the last has such a module, else its whole name.
func TargetNames(modules []*Module) []string {
	type kind struct{ stack, name string }
	layers, held := make(map[string]int), make(map[kind]map[int]bool)
	for _, m := range modules {
		stack, layer, name, ok := inLayer(LayerOf(m.Name))
		if !ok || m.Form == Whole {
			continue
		}
		k := kind{stack, name}
		if held[k] == nil {
			held[k] = make(map[int]bool)
		}
		layers[stack], held[k][layer] = max(layers[stack], layer+1), true
	}
	var out []string
	for _, m := range modules {
		if m.Form == Whole {
			continue
		}
		whole := LayerOf(m.Name)
		if stack, _, name, ok := inLayer(whole); ok && len(held[kind{stack, name}]) == layers[stack] {
			whole = name
		}
		out = append(out, whole)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// inLayer splits model.layers.7.self_attn.q_proj at the number of the layer.
func inLayer(module string) (stack string, layer int, name string, ok bool) {
	parts := strings.Split(module, ".")
	for at, part := range parts[:len(parts)-1] {
		if n, err := strconv.Atoi(part); err == nil && strconv.Itoa(n) == part && n >= 0 {
			return strings.Join(parts[:at], "."), n, strings.Join(parts[at+1:], "."), true
		}
	}
	return "", 0, "", false
}
