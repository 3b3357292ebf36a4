package plan

import (
	"slices"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Scored is a stage whose input is scored by commands.
type Scored struct {
	*Node
	Asked      *stages.Evaluation
	Candidates []Shown
	Experts    []Shown // those that a task belongs to
}

// Shown is an adapter as commands are shown it: a node beside the plan that writes it as it is
// saved.
type Shown struct {
	*Node
	Name string // the adapter's; of a candidate that is all that a stage gives, the stage's
}

// Command is one by which a stage is scored, and what is known of its scores.
type Command struct {
	Stage  string        `json:"stage"`
	Words  []string      `json:"words"` // with their placeholders
	Tasks  []string      `json:"tasks"`
	Scores int           `json:"scores"`          // of all adapters and the base
	Known  *int          `json:"known,omitempty"` // of these; nil where that is not known without work
	Took   time.Duration `json:"took_nanoseconds,omitempty"`
}

// show makes the nodes by which adapters are written for the commands of scored stages.
func (p *Plan) show() error {
	var all *multierror.Error
	for _, n := range p.Nodes {
		scorer, ok := n.Op.(stages.Scorer)
		if !ok || n.broken {
			continue
		}
		s := &Scored{Node: n, Asked: scorer.Evaluation()}
		all = multierror.Append(all, s.checkCommands())
		for slot, edges := range n.Slots {
			for _, edge := range edges {
				shown, err := p.shownOf(s, edge, slot == 1)
				all = multierror.Append(all, err)
				if slot == 0 {
					s.Candidates = append(s.Candidates, shown...)
				} else {
					s.Experts = append(s.Experts, shown...)
				}
			}
		}
		p.Scored = append(p.Scored, s)
	}
	return all.ErrorOrNil()
}

// checkCommands reports what is wrong with the placeholders in the commands' words.
func (s *Scored) checkCommands() error {
	var all *multierror.Error
	for i := range s.Asked.Evaluators {
		e := &s.Asked.Evaluators[i]
		all = multierror.Append(all, command.Check(e.At, &e.Command, s.Asked.Select, s.Asked.Test))
	}
	for _, t := range s.Asked.Tasks {
		if t.Own != nil {
			all = multierror.Append(all, command.Check(t.At, t.Own, s.Asked.Select, s.Asked.Test))
		}
	}
	return all.ErrorOrNil()
}

// warnOfCommands tells what makes scores of a command doubtful.
func (p *Plan) warnOfCommands() {
	for _, s := range p.Scored {
		dir := s.Spec().Dir
		for i := range s.Asked.Evaluators {
			e := &s.Asked.Evaluators[i]
			p.warn(s.Node, command.Warnings(e.At, &e.Command, dir)...)
		}
		for _, t := range s.Asked.Tasks {
			if t.Own != nil {
				p.warn(s.Node, command.Warnings(t.At, t.Own, dir)...)
			}
		}
	}
}

// shownOf are the adapters that an edge brings, of experts those that have a task.
func (p *Plan) shownOf(s *Scored, edge Edge, experts bool) (out []Shown, err error) {
	for _, name := range edge.From.Out.Names() {
		tasked := slices.ContainsFunc(s.Asked.Tasks, func(t stages.Task) bool { return t.Expert == name })
		if edge.Adapter != "" && edge.Adapter != name || experts && !tasked {
			continue
		}
		one := Edge{edge.From, recipe.Reference{Position: edge.Position, Stage: edge.Stage, Adapter: name}}
		save, err := p.savedAs(s, one)
		if err != nil {
			return out, err
		}
		n := &Node{Stage: stages.ShownAs(edge.Position, s.Name, one.Reference, s.Asked.DType, save), ID: s.ID, Recipe: s.Recipe, Slots: []Slot{{one}}}
		n.Kind, _ = stages.Find(n.Verb.Name)
		if err := p.check(n); err != nil {
			return out, err
		}
		if sink := p.saving(one); sink != nil {
			n.Carries = sink.Carries
		}
		if !experts && edge.Adapter == "" && len(edge.From.Out.Members) == 1 {
			name = edge.Stage
		}
		out = append(out, Shown{n, name})
	}
	return out, nil
}

// saving is the first save of an adapter; nil if there is none.
func (p *Plan) saving(of Edge) *Node {
	for _, sink := range p.Sinks() {
		if sink.broken {
			continue
		}
		if edge := sink.Slots[0][0]; edge.From == of.From && edge.Member().Name == of.Adapter {
			return sink
		}
	}
	return nil
}

// savedAs is the stage that saves an adapter. Where several do so, they must give the same bytes,
// unless the dtype to show is said.
func (p *Plan) savedAs(s *Scored, of Edge) (*recipe.Stage, error) {
	first := p.saving(of)
	if first == nil {
		return nil, nil
	}
	for _, sink := range p.Sinks() {
		if edge := sink.Slots[0]; s.Asked.DType != "" || sink.broken || edge[0].From != of.From || edge[0].Member().Name != of.Adapter {
			continue
		}
		if x, y := first.Params.Canonical(), sink.Params.Canonical(); x != y {
			return nil, fault.At(of.Position, "%q is saved in two ways: %s by %q, %s by %q", of.Reference, x, first.ID, y, sink.ID).
				Mend("say which is scored with `dtype`")
		}
	}
	return first.Stage, nil
}

// ShownDigest is that of what is shown, as far as it follows from the plan: what the adapter is
// made from and how it is written.
func (p *Plan) ShownDigest(n *Node, digests Digests, inputs []Input) digest.Digest {
	d := n.description(digests.Stages, inputs)
	out := digest.Describe("shown").Digests(d.Hash()).Text(p.Base(n).Name, p.Base(n).Revision)
	for _, c := range n.Carries {
		out.Text(c.Name).Digests(c.Hash(inputs))
	}
	return out.Sum()
}
