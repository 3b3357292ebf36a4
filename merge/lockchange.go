package merge

import "fmt"

// Change is one difference between a lock and what it is compared with.
type Change struct {
	What string   `json:"what"` // an input, an output, the plan or the tool
	Text string   `json:"text"`
	keys []string // that lead to the entry in the lock's file
}

// inputChanges tells which inputs differ. One that the recipe newly loads, or loads
// no more, is the recipe's change and not the input's.
func (l *Lock) inputChanges(now *Lock) []Change {
	var all []Change
	for _, name := range sortedKeys(now.Inputs) {
		was, known := l.Inputs[name]
		is := now.Inputs[name]
		if known && was.Path == is.Path && (was.Weights != is.Weights || was.Config != is.Config) {
			key, text := firstDifference(was, is)
			all = append(all, Change{"input " + name, fmt.Sprintf("%s is not what the lock pins: %s", is.Path, text), []string{"inputs", name, key}})
		}
	}
	return all
}

// firstDifference is the key of the hash that differs, and how.
func firstDifference(was, is LockedPair) (key, text string) {
	if was.Weights != is.Weights {
		return "weights", fmt.Sprintf("its weights were %s and are %s", was.Weights, is.Weights)
	}
	return "config", fmt.Sprintf("its configuration was %s and is %s", was.Config, is.Config)
}

// Changes tells everything that differs.
func (l *Lock) Changes(now *Lock) []Change {
	all := l.inputChanges(now)
	add := func(what, was, is string, keys ...string) {
		if was != is {
			all = append(all, Change{what, fmt.Sprintf("was %s, is %s", orNone(was), orNone(is)), keys})
		}
	}
	add("tool", l.Tool, now.Tool, "tool")
	for _, name := range unitedKeys(l.Recipes, now.Recipes) {
		add("recipe "+name, l.Recipes[name], now.Recipes[name], "recipes", name)
	}
	add("plan", l.Plan, now.Plan, "plan")
	for _, name := range unitedKeys(l.Inputs, now.Inputs) {
		if _, in := l.Inputs[name]; !in || now.Inputs[name] == (LockedPair{}) || l.Inputs[name].Path != now.Inputs[name].Path {
			add("input "+name, l.Inputs[name].Path, now.Inputs[name].Path, "inputs", name, "path")
		}
	}
	for _, name := range unitedKeys(l.Outputs, now.Outputs) {
		add("output "+name, l.Outputs[name].Weights, now.Outputs[name].Weights, "outputs", name, "weights")
	}
	return all
}

func orNone(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}
