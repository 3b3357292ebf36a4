package run

import (
	"context"
	"slices"
	"sync"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// scores are those of a run: what is to be scored, and what is known of it.
type scores struct {
	options Options
	store   *scoreStore
	locked  *evaluate.Locked // nil without a lock, or where it does not count
	ofPlan  bool             // the lock is of this very plan
	valued  bool             // variables were given values
	all     []*scoredStage
	telling sync.Mutex
}

// scoredStage is a stage that scores, in one run.
type scoredStage struct {
	*plan.Scored
	ask        Ask
	groups     []*group
	base       *subject // nil where it is not scored
	candidates []*subject
	experts    []*subject
	counts     Counts
}

// group is the tasks that one run of a command serves.
type group struct {
	command *stages.Command
	at      fault.Position
	tasks   []*stages.Task
	methods []digest.Digest // of the tasks: how each is measured, whatever the adapter and the documents
}

// newScores gathers what is asked for. The inputs' hashes are known.
func newScores(ctx context.Context, held *lockSession, options Options, ask Ask) (*scores, error) {
	s := &scores{options: options, store: openScores(options), ofPlan: held.ofPlan(), valued: held.plan.Recipe.Given() != ""}
	var wrong *multierror.Error
	for _, asked := range held.plan.Scored {
		one := &scoredStage{Scored: asked, ask: ask.of(asked.Asked)}
		one.gather()
		wrong = multierror.Append(wrong, one.checkChosen(), one.hash(ctx, options.Hashes))
		one.candidates = subjectsOf(held, asked.Candidates)
		one.experts = subjectsOf(held, asked.Experts)
		if asked.Asked.Base {
			one.base = baseOf(held, one.candidates[0])
		}
		s.all = append(s.all, one)
	}
	return s, wrong.ErrorOrNil()
}

// recallAll finds out what is known without any work.
func (s *scores) recallAll(path string) error {
	if s.options.Lock != LockIgnore {
		locked, err := evaluate.ReadLocked(path)
		if err != nil && !s.options.Reevaluate && s.options.Lock != LockUpdate {
			return err
		}
		s.locked = locked
	}
	for _, one := range s.all {
		for _, sub := range one.subjects() {
			sub.recall(s.store)
			s.recall(one, sub)
		}
	}
	return nil
}

func subjectsOf(held *lockSession, shown []plan.Shown) []*subject {
	var out []*subject
	for _, x := range shown {
		key := held.plan.ShownDigest(x.Node, held.digests, held.inputs)
		out = append(out, &subject{name: x.Name, shown: x.Node, key: key, scores: make(map[string]*evaluate.Score)})
	}
	return out
}

// gather puts tasks together that one command serves.
func (s *scoredStage) gather() {
	for i := range s.Asked.Evaluators {
		e := &s.Asked.Evaluators[i]
		s.groups = append(s.groups, &group{command: &e.Command, at: e.At})
	}
	for i := range s.Asked.Tasks {
		t := &s.Asked.Tasks[i]
		g := &group{command: t.Own, at: t.At}
		if t.Own != nil {
			s.groups = append(s.groups, g)
		} else {
			g = s.groups[slices.IndexFunc(s.Asked.Evaluators, func(e stages.Evaluator) bool { return e.Name == t.Evaluator })]
		}
		g.tasks = append(g.tasks, t)
	}
}

// hash gives the tasks their methods.
func (s *scoredStage) hash(ctx context.Context, hashes plan.Hashes) error {
	var wrong *multierror.Error
	for _, g := range s.groups {
		evaluator, err := command.Digest(ctx, g.command, s.Spec().Dir, hashes)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		wrong = multierror.Append(wrong, fault.Place(g.at, err))
		for _, t := range g.tasks {
			g.methods = append(g.methods, digest.Describe("method").Digests(evaluator).Text(t.ID, t.Metric).Sum())
		}
	}
	return wrong.ErrorOrNil()
}

// compared are all that belong to the stage, the references first, whether they are asked for or not.
func (s *scoredStage) compared() []*subject {
	return slices.Concat(s.references(), s.candidates)
}

func (s *scoredStage) references() []*subject {
	if s.base == nil {
		return s.experts
	}
	return append([]*subject{s.base}, s.experts...)
}

// subjects are what is to be scored, the references first.
func (s *scoredStage) subjects() (out []*subject) {
	if s.ask.References {
		out = s.references()
	}
	if s.ask.Candidates {
		out = slices.Concat(out, s.candidates)
	}
	return out
}

// wants reports whether a task is measured on a subject: an expert is scored on its own tasks.
func (s *scoredStage) wants(sub *subject, t *stages.Task) bool {
	return !slices.Contains(s.experts, sub) || t.Expert == sub.name
}

// split is the documents that are scored, as a score has them.
func (s *scoredStage) split() string {
	if s.ask.Documents == nil {
		return ""
	}
	return s.ask.Documents.String()
}

func (s *scoredStage) scoreDigest(sub *subject, method digest.Digest) digest.Digest {
	return digest.Describe("score").Digests(sub.digest, method).Text(s.split()).Sum()
}

// recall gives a subject the scores that are known.
func (s *scores) recall(one *scoredStage, sub *subject) {
	if !sub.known() || s.options.Reevaluate {
		return
	}
	for _, g := range one.groups {
		for i, t := range g.tasks {
			if sub.scores[t.Name] != nil || !one.wants(sub, t) {
				continue
			}
			d := one.scoreDigest(sub, g.methods[i])
			locked, cached := s.locked.Known(d), s.store.score(d)
			switch {
			case locked != nil:
				if one.counts.Locked++; locked.Documents == nil && cached != nil {
					locked = cached
				}
				sub.scores[t.Name] = locked
			case cached != nil && s.options.Lock != LockFrozen:
				one.counts.Cached++
				sub.scores[t.Name] = cached
			}
		}
	}
}

// missing are the tasks of a group whose scores a subject lacks.
func (s *scoredStage) missing(sub *subject, g *group) []int {
	var out []int
	for i, t := range g.tasks {
		if sub.scores[t.Name] == nil && s.wants(sub, t) {
			out = append(out, i)
		}
	}
	return out
}

// lacks reports whether a subject has a task without a score.
func (s *scoredStage) lacks(sub *subject) bool {
	return slices.ContainsFunc(s.groups, func(g *group) bool { return len(s.missing(sub, g)) > 0 })
}

// complete reports whether nothing is left to measure.
func (s *scores) complete() bool {
	return !slices.ContainsFunc(s.all, func(one *scoredStage) bool { return slices.ContainsFunc(one.subjects(), one.lacks) })
}

// checkAllowed refuses a run that would need commands and may not start any, as far as that is
// certain: whether what the lock has scores of is the merge of this plan, only its bytes tell.
func (s *scores) checkAllowed(merged bool) error {
	if s.options.NoEvaluate || s.options.mayRun() {
		return nil
	}
	var all *multierror.Error
	for _, one := range s.all {
		var names []string
		certain := merged || s.options.Lock != LockFrozen && (!s.ofPlan || s.locked.Stage(one.ID) == nil)
		for _, sub := range one.subjects() {
			if one.lacks(sub) {
				names = append(names, sub.name)
				certain = certain || sub.known()
			}
		}
		if len(names) == 0 || !certain {
			continue
		}
		slices.Sort(names)
		names = slices.Compact(names)
		if s.options.Lock == LockFrozen {
			all = multierror.Append(all, fault.At(one.Position, "the lock has no scores of %s, and a run with --locked starts no command", listed(names)).
				Mend("run it without --locked, and commit the lock that it renews").See("locks"))
			continue
		}
		what := "are not known"
		if s.options.Reevaluate {
			what = "are to be measured anew"
		}
		why := "may not be started"
		if s.options.Changed {
			why = "have changed since they were allowed, or a file that they read has"
		}
		allow, instead := "`"+command.Line([]string{"loramerge", "allow", one.Position.File})+"`", ""
		if one.ask.outputs && s.valued {
			allow += " and the same --set"
		}
		if one.ask.outputs {
			instead = "; --no-evaluate merges without scores"
		}
		all = multierror.Append(all, fault.At(one.Position, "the scores of %s %s, and the commands that measure them %s", listed(names), what, why).
			Mend("let them run with --allow-exec, or once and for all with "+allow+", which shows them"+instead))
	}
	return all.ErrorOrNil()
}

// record puts the scores into the lock that is to be written, as far as they are known, and
// returns the content of the file beside it.
func (s *scores) record(into *lockfile.Lock) (documents []byte) {
	by := make(map[string]*evaluate.Scores)
	for _, one := range s.all {
		if found := one.scored(); len(found.Candidates) > 0 {
			by[one.ID] = found
		}
	}
	into.Scores = nil
	if len(by) > 0 {
		into.Scores, documents = evaluate.Record(by)
	}
	return documents
}

// scored is what is known of the stage, without adapters that have no score.
func (s *scoredStage) scored() *evaluate.Scores {
	out := &evaluate.Scores{}
	of := func(all []*subject) (found []*evaluate.Scored) {
		for _, sub := range all {
			if len(sub.scores) > 0 {
				found = append(found, &evaluate.Scored{Name: sub.name, Scores: sub.scores})
			}
		}
		return found
	}
	if s.base != nil && len(s.base.scores) > 0 {
		out.Base = of([]*subject{s.base})[0]
	}
	out.Experts, out.Candidates = of(s.experts), of(s.candidates)
	return out
}
