package recipe

import "gopkg.in/yaml.v3"

// SwitchType is true or false: a bool.
type SwitchType struct{}

// Describe gives both.
func (SwitchType) Describe() string { return "true, false" }

func (SwitchType) read(r *reader, node *yaml.Node) (any, bool) {
	var on bool
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!bool" || node.Decode(&on) != nil {
		r.mistake(node, "%s is neither true nor false", show(node)).Mend("write true or false")
		return nil, false
	}
	return on, true
}
