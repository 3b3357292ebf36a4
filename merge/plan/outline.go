package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// outline is what a recipe asks for, as far as its text says: its stages expanded, and a
// digest of what each gives, in which names count only where the result depends on them.
// Adapters are known by their paths, and other recipes by theirs.
type outline struct {
	recipe  *recipe.Recipe
	written map[string]*recipe.Stage
	steps   map[string]map[string]*recipe.Stage // by the written stage's name, their verbs and which of these they are
	byName  map[string]*recipe.Stage            // all steps
	results map[string]digest.Digest            // as far as they are known
	means   map[digest.Digest]bool              // of all steps
}

func outlineOf(r *recipe.Recipe) *outline {
	o := &outline{recipe: r, written: make(map[string]*recipe.Stage), steps: make(map[string]map[string]*recipe.Stage),
		byName: make(map[string]*recipe.Stage), results: make(map[string]digest.Digest), means: make(map[digest.Digest]bool)}
	for _, s := range r.Stages {
		o.written[s.Name], o.steps[s.Name] = s, make(map[string]*recipe.Stage)
		steps, _ := stages.Expand(s) // a parameter without effect is the planner's to refuse
		count := make(map[string]int)
		for _, step := range steps {
			verb := step.Verb.Name
			o.steps[s.Name][verb+" "+strconv.Itoa(count[verb])], o.byName[step.Name] = step, step
			count[verb]++
		}
	}
	for _, step := range o.byName {
		o.means[o.meaning(step)] = true
	}
	return o
}

// meaning is the digest of all that a step says: of its result, and of what does not
// change it.
func (o *outline) meaning(s *recipe.Stage) digest.Digest {
	d := digest.Describe("meaning").Digests(o.result(s.Name)).Text(strconv.FormatBool(s.Keep), s.AllowText())
	return o.texted(d, s, true).Sum()
}

// result is the digest of what a stage gives. Of stages that form a cycle,
// which no plan has, it is that of nothing.
func (o *outline) result(stage string) digest.Digest {
	if known, ok := o.results[stage]; ok {
		return known
	}
	o.results[stage] = digest.Digest{}
	s := o.byName[stage]
	if s == nil {
		return digest.Digest{}
	}
	d := o.texted(digest.Describe("result").Text(s.Verb.Name), s, false)
	if len(s.Sources) > 0 || s.Reuse != nil {
		d.Text(s.InputsText())
	}
	for _, source := range s.Sources {
		d.Text(source.Name)
	}
	for _, refs := range append([][]recipe.Reference{s.Inputs}, s.Params.References()...) {
		d.Text("inputs")
		for _, ref := range refs {
			d.Digests(o.result(ref.Stage)).Text(ref.Adapter)
		}
	}
	o.results[stage] = d.Sum()
	return o.results[stage]
}

// texted adds the parameters that the result depends on, or the others.
func (o *outline) texted(d digest.Description, s *recipe.Stage, aside bool) digest.Description {
	texts := o.resolved(s)
	for _, p := range s.Verb.Params {
		if !p.IsInput() && p.NotInDigest == aside {
			d.Text(p.Name, texts[p.Name])
		}
	}
	if !aside {
		d.Text(texts[wordAdapters])
	}
	return d
}

// wordAdapters is added to the parameters for the names of what flows in.
const (
	wordAdapters = "adapters"
	wordSeed     = string(stages.KeySeed)
)

// resolved are a step's parameters as the adapters get them, and of one that draws at
// random the seed that it has of the recipe, and the adapters' names.
func (o *outline) resolved(s *recipe.Stage) map[string]string {
	return o.drawing(s, s.Params.TextsOf(o.adapters(slices.Concat(append([][]recipe.Reference{s.Inputs}, s.Params.References()...)...))))
}

// texts are the same, but as they were written.
func (o *outline) texts(s *recipe.Stage) map[string]string { return o.drawing(s, s.Params.Texts()) }

// drawing adds what a step that draws at random depends on.
func (o *outline) drawing(s *recipe.Stage, texts map[string]string) map[string]string {
	if o.inheritsSeed(s) {
		texts[wordSeed] = strconv.FormatUint(o.recipe.Seed, 10)
	}
	if random(s) {
		texts[wordAdapters] = "[" + strings.Join(o.adapters(s.Inputs), ", ") + "]"
	}
	return texts
}

func random(s *recipe.Stage) bool {
	kind, _ := stages.Find(s.Verb.Name)
	return kind.Random != nil && kind.Random(s.Params)
}

// inheritsSeed reports whether a step draws at random by the recipe's seed.
func (o *outline) inheritsSeed(s *recipe.Stage) bool {
	return random(s) && !stages.KeySeed.In(s.Params)
}

// adapters are the names of what flows through references.
func (o *outline) adapters(refs []recipe.Reference) []string {
	var out []string
	for _, ref := range refs {
		s := o.byName[ref.Stage]
		switch {
		case ref.Adapter != "":
			out = append(out, ref.Adapter)
		case s == nil:
		case s.Reuse != nil || s.Verb.Flow == "n → 1":
			out = append(out, o.made(s))
		case len(s.Sources) > 0:
			for _, source := range s.Sources {
				out = append(out, source.Name)
			}
		default:
			out = append(out, o.adapters(s.Inputs)...)
		}
	}
	return out
}

// made is what the one adapter is called that a stage makes.
func (o *outline) made(s *recipe.Stage) string {
	if s.Origin != nil {
		return s.Origin.Name
	}
	return s.Name
}
