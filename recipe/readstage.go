package recipe

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

func (r *reader) stages(node *yaml.Node) []*Stage {
	entries, _ := r.mapping(node)
	var out []*Stage
	for _, e := range entries {
		stage := &Stage{Position: r.at(e.key)}
		stage.Name, _ = r.name(e.key)
		r.stage(stage, e.value)
		out = append(out, stage)
	}
	if node.Kind == yaml.MappingNode && len(entries) == 0 {
		r.mistake(node, "the recipe has no stages").Mend(firstRecipe)
	}
	return out
}

// stage reads verb, inputs and parameters. A stage with a mistake keeps no verb,
// so that nobody computes with half of it.
func (r *reader) stage(stage *Stage, node *yaml.Node) {
	entries, good := r.mapping(node)
	if len(entries) == 0 {
		if node.Kind == yaml.MappingNode {
			r.mistake(node, "the stage has no verb").Mend("write a verb and its input, such as {trim: python, density: 0.5}")
		}
		return
	}
	at, verb := r.findVerb(entries)
	if verb == nil {
		return
	}
	stage.Params = NewParams(verb, r.at(entries[at].key))
	good = r.inputs(stage, verb, entries[at].value) && good
	given := slices.Delete(slices.Clone(entries), at, at+1)
	if strays := strayInputs(verb, given); len(strays) > 0 {
		r.mistake(strays[0].key, "%s has no parameter %s", verb.Name, show(strays[0].key)).Mend(strayRemedy(verb, entries[at].value, strays))
		return
	}
	for _, e := range given {
		if declared := common.find(e.name); declared != nil {
			value, ok := declared.Type.read(r, e.value)
			if good = ok && good; ok {
				stage.common(e.name, value)
			}
			continue
		}
		good = r.param(stage.Params, e, common.names()...) && good
	}
	if r.complete(stage.Params, entries[at].key, given) && good {
		stage.Verb = verb
	}
}

// strayInputs are words without a value that are no parameter: inputs that no brackets
// hold, as in {ties: a, b}.
func strayInputs(verb *Verb, entries []entry) []entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e entry) bool {
		return e.value.ShortTag() != "!!null" || common.find(e.name) != nil || verb.param(e.name) != nil
	})
}

func strayRemedy(verb *Verb, first *yaml.Node, strays []entry) string {
	if verb.Takes == TakesPaths {
		return "write several adapters as a table: `" + verb.Name + ": {python: adapters/python, sql: adapters/sql}`"
	}
	if first.Kind != yaml.ScalarNode {
		return "put all inputs between the brackets"
	}
	names := []string{first.Value}
	for _, e := range strays {
		names = append(names, e.name)
	}
	return "put the inputs in brackets: `" + verb.Name + ": [" + strings.Join(names, ", ") + "]`"
}

// complete reports every required parameter that is not among the entries.
func (r *reader) complete(p *Params, at *yaml.Node, given []entry) bool {
	good := true
	for _, declared := range p.declared {
		if declared.Required && !has(given, declared.Name) && !p.declared.misspelt(given, declared.Name) {
			r.mistake(at, "%s needs %q", p.of, declared.Name).Mend("add `" + declared.Name + "`: " + declared.Type.Describe())
			good = false
		}
	}
	return good
}

// misspelt reports whether an entry that is no parameter was likely meant as this one.
func (d declarations) misspelt(entries []entry, name string) bool {
	return slices.ContainsFunc(entries, func(e entry) bool {
		nearest, ok := Nearest(e.name, d.names())
		return ok && nearest == name && d.find(e.name) == nil
	})
}

// findVerb picks the entry that names the stage's verb. A word can be the verb of
// one stage and a parameter of another (`rank`), so a verb's own parameters do not
// count as rivals.
func (r *reader) findVerb(entries []entry) (int, *Verb) {
	var rivals []int
	for i, e := range entries {
		if r.verb(e.name) != nil {
			rivals = append(rivals, i)
		}
	}
	verbs := slices.DeleteFunc(slices.Clone(rivals), func(i int) bool {
		return slices.ContainsFunc(rivals, func(j int) bool {
			return i != j && r.verb(entries[j].name).Declares(entries[i].name)
		})
	})
	switch {
	case len(verbs) == 1:
		return verbs[0], r.verb(entries[verbs[0]].name)
	case len(rivals) == 0:
		e := r.likeliestVerb(entries)
		r.mistake(e.key, "there is no verb %s", show(e.key)).Mend(r.didYouMean(e.name, r.verbNames()))
	default:
		e := entries[rivals[1]]
		r.mistake(e.key, "a stage has one verb, and this one has %q and %q", entries[rivals[0]].name, e.name).Mend("split it into two stages")
	}
	return 0, nil
}

// likeliestVerb is the entry that was meant as the verb where none is one: the first
// that is no verb's parameter.
func (r *reader) likeliestVerb(entries []entry) entry {
	at := slices.IndexFunc(entries, func(e entry) bool {
		return !slices.ContainsFunc(r.verbs, func(v *Verb) bool { return v.Declares(e.name) })
	})
	return entries[max(at, 0)]
}

func (r *reader) verb(name string) *Verb {
	for _, v := range r.verbs {
		if v.Name == name {
			return v
		}
	}
	return nil
}

func (r *reader) verbNames() []string {
	names := make([]string, len(r.verbs))
	for i, v := range r.verbs {
		names[i] = v.Name
	}
	return names
}

func (r *reader) inputs(stage *Stage, verb *Verb, node *yaml.Node) bool {
	if verb.Takes == TakesPaths {
		return r.sources(stage, node)
	}
	if node.Kind == yaml.SequenceNode && len(node.Content) == 0 {
		r.mistake(node, "%s has no input", verb.Name).Mend("name at least one stage")
		return false
	}
	refs, good := r.references(node, "")
	stage.Inputs = refs
	return good
}

// sources reads a path, which gets the stage's own name, a table of paths by name, or what
// is loaded of another recipe.
func (r *reader) sources(stage *Stage, node *yaml.Node) bool {
	if node.Kind == yaml.SequenceNode && len(node.Content) > 0 {
		r.mistake(node, "a list does not name its adapters").Mend("write a table that names each adapter, such as {python: adapters/python, sql: adapters/sql}")
		return false
	}
	if node.Kind != yaml.MappingNode {
		path, ok := r.text(node, "the path of an adapter's folder")
		stage.Sources = []Source{{r.at(node), stage.Name, path}}
		return ok
	}
	entries, good := r.mapping(node)
	if namesRecipe(entries) {
		return r.reuse(stage, node, entries) && good
	}
	for _, e := range entries {
		name, named := r.name(e.key)
		path, ok := r.text(e.value, "the path of an adapter's folder")
		good = good && named && ok
		stage.Sources = append(stage.Sources, Source{r.at(e.value), name, path})
	}
	if len(entries) == 0 {
		r.mistake(node, "the table of paths is empty").Mend("write {name: path, …}")
		return false
	}
	return good
}

// param reads one entry; others are those that are allowed in addition to the declared ones.
func (r *reader) param(p *Params, e entry, others ...string) bool {
	declared := p.declared.find(e.name)
	if declared == nil {
		r.mistake(e.key, "%s has no parameter %s", p.of, show(e.key)).Mend(r.didYouMean(e.name, append(p.declared.names(), others...)))
		return false
	}
	value, ok := declared.Type.read(r, e.value)
	if ok {
		p.written[e.name] = written{r.at(e.value), value}
	}
	return ok
}

// resolveReferences reports every reference to a stage that is not in the file.
func (r *reader) resolveReferences(out *Recipe) {
	var names []string
	known := make(map[string]bool, len(out.Stages))
	for _, stage := range out.Stages {
		if nameForm.MatchString(stage.Name) {
			names = append(names, stage.Name)
			known[stage.Name] = true
		}
	}
	check := func(stage *Stage, ref Reference) {
		if ref.Stage != "" && !known[ref.Stage] {
			r.mistake(&yaml.Node{Line: ref.Line, Column: ref.Column}, "there is no stage %q", ref.Stage).Mend(r.didYouMean(ref.Stage, names))
			stage.Verb = nil
		}
	}
	for _, stage := range out.Stages {
		for _, ref := range stage.Inputs {
			check(stage, ref)
		}
		if stage.Params != nil {
			for _, ref := range slices.Concat(stage.Params.References()...) {
				check(stage, ref)
			}
		}
	}
}
