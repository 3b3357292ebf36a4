package mergekit

import (
	"maps"
	"strings"

	"gopkg.in/yaml.v3"
)

// config is a configuration as it was written.
type config struct {
	root       *yaml.Node
	method     string
	methodAt   *yaml.Node // where it is written, or the whole configuration
	base       string
	named      bool // the base model was named by `base_model`
	dtype      string
	models     []model
	parameters parameters
}

// model is one entry of `models`.
type model struct {
	node       *yaml.Node
	reference  string // as written: a model, or base+adapter
	name       string // in the recipe
	path       string // of the adapter
	parameters parameters
}

// parameters are a table's entries by name.
type parameters map[string]entry

func (r *reader) config(source []byte) *config {
	c := &config{root: r.root(source), parameters: parameters{}}
	if c.root == nil {
		return c
	}
	c.methodAt = c.root
	var shared parameters
	dtype, outDType := "", ""
	for _, e := range r.table(c.root, "the configuration") {
		switch e.name {
		case "merge_method":
			c.method, c.methodAt = r.text(e.value, e.name), e.value
		case "base_model":
			c.base = r.text(e.value, e.name)
		case "dtype":
			dtype = r.text(e.value, e.name)
		case "out_dtype":
			outDType = r.text(e.value, e.name)
		case "parameters":
			c.parameters = r.parameters(e.value)
		case "models":
			c.models = r.models(e.value)
		case "slices":
			c.models, shared = r.slices(e.value)
		case "modules":
			r.mistake(e.key, "`modules` assembles a model from parts, which an adapter can't do").Mend("merge each module's adapters in a recipe of its own")
		case "tokenizer_source", "tokenizer", "chat_template":
			r.note(e.key, "%s is not carried over: an adapter has no tokenizer", e.name).Mend("take the tokenizer from the base model")
		default:
			r.note(e.key, "%s is not carried over: this version does not know it", e.name)
		}
	}
	c.dtype = dtype
	if outDType != "" {
		c.dtype = outDType
	}
	maps.Copy(c.parameters, shared)
	return c
}

func (r *reader) parameters(node *yaml.Node) parameters {
	out := parameters{}
	for _, e := range r.table(node, "parameters") {
		out[e.name] = e
	}
	return out
}

func (r *reader) models(node *yaml.Node) []model {
	var out []model
	for _, item := range r.list(node, "models") {
		out = append(out, r.model(item, nil))
	}
	return out
}

// model reads a model's table; entries that only a slice has go to extra.
func (r *reader) model(node *yaml.Node, extra func(entry)) model {
	m := model{node: node}
	for _, e := range r.table(node, "a model") {
		switch {
		case e.name == "model":
			m.reference = r.reference(e.value)
		case e.name == "parameters":
			m.parameters = r.parameters(e.value)
		case extra != nil && e.name == "layer_range":
			extra(e)
		default:
			r.note(e.key, "%s of a model is not carried over: this version does not know it", e.name)
		}
	}
	if m.reference == "" {
		r.mistake(node, "there is no `model` here").Mend("write `- model: path/to/adapter`")
	}
	return m
}

// reference reads a model's name, which mergekit lets be a table of its parts too.
func (r *reader) reference(node *yaml.Node) string {
	if node.Kind != yaml.MappingNode {
		return r.text(node, "a model's name")
	}
	var base, adapter string
	for _, e := range r.table(node, "a model's name") {
		for _, part := range r.table(e.value, e.name) {
			if part.name == "path" && e.name == "model" {
				base = r.text(part.value, "a path")
			} else if part.name == "path" && e.name == "lora" {
				adapter = r.text(part.value, "a path")
			}
		}
	}
	if adapter == "" {
		return base
	}
	return base + "+" + adapter
}

// slices reads the one slice that an adapter can have: all layers of every model.
func (r *reader) slices(node *yaml.Node) ([]model, parameters) {
	items := r.list(node, "slices")
	if len(items) != 1 {
		r.mistake(node, "%d slices rearrange layers, which an adapter can't do", len(items)).Mend("merge adapters as a whole")
		return nil, nil
	}
	var out []model
	var shared parameters
	ranges := make(map[string]bool)
	for _, e := range r.table(items[0], "a slice") {
		switch e.name {
		case "sources":
			for _, item := range r.list(e.value, "sources") {
				out = append(out, r.model(item, func(e entry) { ranges[r.layerRange(e)] = true }))
			}
		case "parameters":
			shared = r.parameters(e.value)
		default:
			r.note(e.key, "%s of a slice is not carried over", e.name)
		}
	}
	if len(ranges) > 1 {
		r.mistake(items[0], "the sources take different layers, which an adapter can't do").Mend("merge adapters as a whole")
	}
	for layers := range ranges {
		r.note(items[0], "the layers %s are taken to be the whole model", layers).Mend("check that these are all layers")
	}
	return out, shared
}

// layerRange must begin with the first layer; that it ends with the last is taken on trust.
func (r *reader) layerRange(e entry) string {
	var bounds []string
	for _, item := range r.list(e.value, e.name) {
		bounds = append(bounds, item.Value)
	}
	if len(bounds) != 2 || bounds[0] != "0" {
		r.mistake(e.value, "layer_range does not begin with the first layer").Mend("merge adapters as a whole")
	}
	return strings.Join(bounds, " to ")
}
