package sweep

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/outdir"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// To is where a trial is written as a recipe of its own.
type To struct {
	Path  string
	Trial *int // nil for the pick, if it is better
	Force bool // the pick though it is not better; and over another file
}

// origin is what a result is of.
type origin struct {
	path   string // of the recipe
	source []byte
	vars   map[string]string
	lists  []string    // what values of axes may name
	find   plan.Finder // at the commits of the recipe's lock
}

// ToWrite is the trial that is to be written, or a Fault that says why there is none.
func (r *Result) ToWrite(to To) (*Trial, error) {
	a := r.Answer
	if a == nil {
		return nil, fault.New("the sweep has no answer yet").Mend("run it to its end")
	}
	number := 0
	switch {
	case to.Trial != nil:
		number = *to.Trial
	case a.Pick == nil:
		return nil, severalGoals()
	case *a.Pick == 0:
		return nil, fault.New("what you have is the best of what was tried, so that there is nothing to write").Mend("keep it, or name a trial with --trial")
	case !a.Better && !to.Force:
		return nil, fault.New("trial %d is not better than what you have", *a.Pick).Mend("keep what you have, or write it all the same with --force")
	default:
		number = *a.Pick
	}
	at := slices.IndexFunc(r.Trials, func(t *Trial) bool { return t.Number == number })
	if at < 0 {
		return nil, fault.New("there is no trial %d among %d", number, len(r.Trials)).Mend("name one that the table shows")
	}
	return r.Trials[at], nil
}

// CheckPlan refuses what can't be written of a recipe that was planned as it stands, before anything is
// measured: over what it reads or saves, or a trial that nobody has named where there are several goals. An empty
// path is nothing.
func (to To) CheckPlan(p *plan.Plan) error {
	switch {
	case to.Path == "":
		return nil
	case to.Trial == nil && len(p.Recipe.Sweep.Goals) > 1:
		return severalGoals()
	}
	return overwrite.Rule{Force: true, Kept: p.Kept()}.CheckFile(to.Path, overwrite.Anothers)
}

func severalGoals() error {
	return fault.New("with several goals there may be no single best trial to write").
		Mend("run the sweep without --write, and then name a trial whose REMARK is \"front\" with --trial")
}

// Check refuses a path that no trial of a recipe can be written to, or its lock beside it, before anything is
// measured.
func (to To) Check(path string) error {
	if osfile.Resolve(osfile.Abs(filepath.Dir(to.Path))) != osfile.Resolve(osfile.Abs(filepath.Dir(path))) {
		return fault.New("%s is in another folder than the recipe, whose paths are relative to its own", to.Path).
			Mend("write it to " + filepath.Join(filepath.Dir(path), filepath.Base(to.Path)))
	}
	if err := to.rule(path).CheckFile(to.Path, func(string) (string, error) { return "", nil }); err != nil {
		return err
	}
	return to.rule(path).CheckFile(lockfile.Path(to.Path), overwrite.Begins(lockfile.Is))
}

func (to To) rule(path string) overwrite.Rule {
	lock := lockfile.Path(path)
	return overwrite.Rule{Force: to.Force, Kept: []overwrite.Kept{{Path: path, What: "the recipe"}, {Path: lock, What: "its lock"}, {Path: lockfile.ScoresPath(lock), What: "its scores"}}}
}

// Write writes a trial as a recipe without a sweep, and runs it: for its lock and its scores, which are
// known, and with its outputs saved to nowhere. A gate that is not passed keeps lock and scores from
// being written; the result says so. A file that is there already must be the same.
func (r *Result) Write(ctx context.Context, t *Trial, to To, options run.Options) (_ *run.Result, err error) {
	text, err := r.recipe(t)
	if err != nil {
		return nil, err
	}
	p, err := plan.LoadText(to.Path, text, filepath.Dir(to.Path), plan.Options{Force: to.Force, Find: r.of.find})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	if old, err := os.ReadFile(to.Path); err != nil || !bytes.Equal(old, text) {
		if err := to.rule(r.of.path).WriteFile(to.Path, text, overwrite.Anothers); err != nil {
			return nil, fault.Wrap(err, "the recipe can't be written")
		}
	}
	nowhere, err := outdir.Stage(filepath.Join(cmp.Or(options.Scratch, os.TempDir()), "loramerge-shown"))
	if err != nil {
		return nil, err
	}
	defer func() {
		if failed := nowhere.Abort(); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	options.Redirect = func(target string) string {
		return nowhere.Path(strings.ReplaceAll(filepath.ToSlash(target), "/", "-"))
	}
	options.Lock = run.LockUpdate
	return run.Run(ctx, p, options)
}

// recipe is the text of the recipe with a trial's values as defaults, without the stages that only other
// values of the axes lead to.
func (r *Result) recipe(t *Trial) ([]byte, error) {
	values := maps.Clone(r.of.vars)
	if values == nil {
		values = make(map[string]string)
	}
	maps.Copy(values, t.Set)
	text, err := recipe.Rewrite(r.of.source, values, nil)
	if err != nil {
		return nil, in(r.of.path, err)
	}
	if shorter, err := recipe.Rewrite(r.of.source, values, r.unused(text)); err == nil {
		return shorter, nil
	}
	return text, nil
}

// in says in which file something is wrong.
func in(path string, err error) error {
	var out *multierror.Error
	for _, one := range fault.List(err) {
		if f, ok := one.(*fault.Fault); ok && f.File == "" {
			f.File = path
		}
		out = multierror.Append(out, one)
	}
	return out.ErrorOrNil()
}

// unused are the stages of a recipe that lead to nothing, and that other values of the axes would use.
func (r *Result) unused(text []byte) (names []string) {
	parsed, mistakes := recipe.ParseWith(r.of.path, text, stages.Verbs(), nil)
	p, more := plan.New(parsed, filepath.Dir(r.of.path), plan.Options{Force: true, Find: r.of.find})
	if multierror.Append(mistakes, more).ErrorOrNil() != nil {
		p.Close()
		return nil
	}
	defer p.Close()
	used, elsewhere := make(map[*plan.Node]bool), make(map[*plan.Node]bool)
	for _, n := range p.Nodes {
		if n.Verb != nil && n.Verb.Ends() {
			lead(n, used)
		}
		if slices.Contains(r.of.lists, n.ID) {
			lead(n, elsewhere)
		}
	}
	for _, n := range p.Nodes {
		if !strings.Contains(n.ID, "/") && elsewhere[n] && !used[n] {
			names = append(names, n.ID)
		}
	}
	return names
}

// lead marks a node and all that leads to it.
func lead(n *plan.Node, marked map[*plan.Node]bool) {
	if marked[n] {
		return
	}
	marked[n] = true
	for _, edge := range n.Edges() {
		lead(edge.From, marked)
	}
}
