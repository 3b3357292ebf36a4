package run

import (
	"context"

	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/plan"
)

// Commands are those by which a plan's stages are scored, with what is known of the scores as far
// as that can be told without reading the adapters. Nothing is started.
func Commands(ctx context.Context, p *plan.Plan, options Options) []plan.Command {
	if len(p.Scored) == 0 {
		return nil
	}
	options = options.Filled()
	known := knownScores(ctx, p, options)
	var out []plan.Command
	for i, asked := range p.Scored {
		one := &scoredStage{Scored: asked}
		one.gather()
		for g, of := range one.groups {
			if len(of.tasks) == 0 {
				continue
			}
			c := plan.Command{Stage: asked.ID, Words: of.command.Run}
			for _, t := range of.tasks {
				c.Tasks = append(c.Tasks, t.Name)
				c.Scores += len(asked.Candidates)
				if asked.Asked.Base {
					c.Scores++
				}
				if t.Expert != "" {
					c.Scores++
				}
			}
			if known != nil {
				known.status(known.all[i], &c, g)
			}
			out = append(out, c)
		}
	}
	return out
}

// status adds what is known of a group's scores. Whether the lock has those of an adapter that
// was never shown on this machine, only its bytes tell.
func (s *scores) status(one *scoredStage, c *plan.Command, group int) {
	g, unknown, unsure := one.groups[group], 0, false
	for _, sub := range one.subjects() {
		missing := len(one.missing(sub, g))
		unknown, unsure = unknown+missing, unsure || missing > 0 && !sub.known() && s.locked.Stage(one.ID) != nil
	}
	if !unsure {
		known := c.Scores - unknown
		c.Known = &known
	}
	all := &call{of: one, group: g}
	for i := range g.tasks {
		all.tasks = append(all.tasks, i)
	}
	c.Took = s.store.took(tasksKey(all))
}

// knownScores is nil where the inputs would have to be read.
func knownScores(ctx context.Context, p *plan.Plan, options Options) *scores {
	inputs, hashed := p.KnownInputs(options.Hashes)
	if !hashed {
		return nil
	}
	held := &lockSession{plan: p, options: options, path: lockfile.Path(p.Recipe.File), inputs: inputs, digests: p.Digests(inputs)}
	found, err := newScores(ctx, held, options, everything)
	if err != nil || found.recallAll(held.path) != nil {
		return nil // a run says why
	}
	return found
}
