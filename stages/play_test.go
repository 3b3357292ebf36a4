package stages_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
	"pgregory.net/rapid"
)

// flow is what an edge carries: its type, and its value at every module.
type flow struct {
	stages.Type
	at map[string]stages.Value
}

// course plays stages over flows in memory, in the order of the lines, so that the
// verbs are tested without a planner.
type course struct {
	flows   map[string]flow // by stage; those given at the start stand for loads
	memory  stages.Memory
	workers int
	report  func(stages.Deviation)
	recipe  *recipe.Recipe
}

// play gives the flow of the last line; a line is a stage, `name: {verb: …}`.
func play(t rapid.TB, inputs map[string]flow, lines ...string) flow {
	t.Helper()
	c := &course{flows: maps.Clone(inputs), memory: stages.Heap{}, workers: 1}
	out, err := c.play(lines...)
	if err != nil {
		t.Fatalf("%v: %v", lines, err)
	}
	return out
}

func (c *course) play(lines ...string) (out flow, err error) {
	text := "version: 1\nseed: 7\nstages:\n"
	for _, name := range slices.Sorted(maps.Keys(c.flows)) {
		text += fmt.Sprintf("  %s: {load: given}\n", name)
	}
	for _, line := range lines {
		text += "  " + line + "\n"
	}
	if c.recipe, err = recipe.Parse("recipe.yaml", []byte(text), stages.Verbs()); err != nil {
		return out, err
	}
	for _, written := range c.recipe.Stages[len(c.flows):] {
		steps, err := stages.Expand(written)
		if err != nil {
			return out, err
		}
		for _, s := range steps {
			if out, err = c.step(s); err != nil {
				return out, err
			}
			c.flows[s.Name] = out
		}
	}
	return out, nil
}

// step checks one stage and applies it at all modules in parallel, as a run does.
func (c *course) step(s *recipe.Stage) (flow, error) {
	kind, _ := stages.Find(s.Verb.Name)
	in := c.slots(s)
	op, out, err := kind.Bind(stages.Spec{Stage: s, Recipe: c.recipe, Dir: "../testdata", In: types(in)})
	if err != nil {
		return flow{}, err
	}
	if surveyor, ok := op.(stages.Surveyor); ok {
		if survey := surveyor.Survey(); survey != nil {
			if op, out, err = c.conduct(survey, in); err != nil {
				return flow{}, err
			}
		}
	}
	values, err := c.apply(op, out, in)
	return flow{out, values}, err
}

func types(in []flow) []stages.Type {
	out := make([]stages.Type, len(in))
	for i, f := range in {
		out[i] = f.Type
	}
	return out
}

// slots joins what flows in: the inputs, and one more slot for each stage that a
// parameter names.
func (c *course) slots(s *recipe.Stage) []flow {
	if len(s.Inputs) == 0 {
		return nil
	}
	in := []flow{c.join(s.Inputs)}
	for _, refs := range s.Params.References() {
		in = append(in, c.join(refs))
	}
	return in
}

func (c *course) join(refs []recipe.Reference) flow {
	out := flow{at: make(map[string]stages.Value)}
	for i, ref := range refs {
		from := c.flows[ref.Stage]
		if i == 0 {
			out.Space, out.Bases = from.Space, from.Bases
		}
		out.Dense = out.Dense || from.Dense
		out.Members = append(out.Members, from.Members...)
	}
	for _, module := range out.Union() {
		for _, ref := range refs {
			out.at[module] = append(out.at[module], c.flows[ref.Stage].value(module)...)
		}
	}
	return out
}

// value has a part for every member; those that lack the module are absent.
func (f flow) value(module string) stages.Value {
	out := make(stages.Value, len(f.Members))
	for i, member := range f.Members {
		out[i].Adapter = member.Name
		if _, ok := member.Find(module); ok {
			out[i] = f.at[module][i]
		}
	}
	return out
}

// conduct gives the op that follows from a survey and those after it.
func (c *course) conduct(survey stages.Survey, in []flow) (op stages.Op, out stages.Type, err error) {
	for survey != nil {
		c.each(in[0], func(env stages.Env, m *adapter.Module) {
			if m.Form != adapter.Whole {
				survey.Observe(context.Background(), env, valuesAt(in, env.Module))
			}
		})
		if op, out, survey, err = survey.Conclude(); err != nil {
			return nil, out, err
		}
	}
	return op, out, nil
}

func valuesAt(in []flow, module string) []stages.Value {
	out := make([]stages.Value, len(in))
	for i, f := range in {
		out[i] = f.value(module)
	}
	return out
}

// each visits the modules of a flow, all at once.
func (c *course) each(f flow, visit func(stages.Env, *adapter.Module)) {
	var group sync.WaitGroup
	for _, site := range stages.Sites(f.Union()) {
		env := stages.Env{Site: site, Space: f.Space, Memory: c.memory, Workers: c.workers, Report: c.report}
		group.Go(func() { visit(env, f.example(site.Module)) })
	}
	group.Wait()
}

// example is the module as the first member that has it describes it.
func (f flow) example(module string) *adapter.Module {
	for _, member := range f.Members {
		if m, ok := member.Find(module); ok {
			return m
		}
	}
	return nil
}

func (c *course) apply(stage stages.Op, out stages.Type, in []flow) (map[string]stages.Value, error) {
	over := flow{Type: out}
	if len(in) > 0 {
		over.Space = in[0].Space
	}
	var mu sync.Mutex
	var failed error
	values := make(map[string]stages.Value)
	c.each(over, func(env stages.Env, m *adapter.Module) {
		value, err := applyAt(stage, m, env, in)
		mu.Lock()
		defer mu.Unlock()
		values[env.Module] = value
		if err != nil {
			failed = err
		}
	})
	return values, failed
}
