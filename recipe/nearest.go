package recipe

import "strings"

// nearest is the module whose tail, of as many dotted parts as the glob has after
// its first stars, is most like it. Only distinct tails are compared: a model repeats
// them by layer.
func (g Glob) nearest(modules []string) (string, bool) {
	pattern := strings.TrimLeft(g.Pattern, "*.")
	parts := strings.Count(pattern, ".") + 1
	examples := make(map[string]string)
	var tails []string
	for _, module := range modules {
		tail := tailOf(module, parts)
		if _, ok := examples[tail]; !ok {
			examples[tail] = module
			tails = append(tails, tail)
		}
	}
	tail, ok := Nearest(pattern, tails)
	return examples[tail], ok
}

// tailOf is the last parts of a dotted name.
func tailOf(name string, parts int) string {
	at := len(name)
	for range parts {
		dot := strings.LastIndexByte(name[:at], '.')
		if dot < 0 {
			return name
		}
		at = dot
	}
	return name[at+1:]
}
