package sweep

import (
	"fmt"
	"regexp"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/sweep/search"
)

// together are the mistakes of all trials, each once, with the trials that have it. Two that differ
// in nothing but numbers are one: sixty values of an axis that are all too large are one mistake.
func together(trials []*Trial, wrong []error) error {
	type mistake struct {
		first  error
		trials []*Trial
	}
	var all []*mistake
	by := make(map[string]*mistake)
	for i, t := range trials {
		for _, err := range fault.List(wrong[i]) {
			text := withoutNumbers(err.Error())
			if f, ok := err.(*fault.Fault); ok {
				text = f.Position.String() + " " + withoutNumbers(f.Message())
			}
			m := by[text]
			if m == nil {
				m = &mistake{first: err}
				by[text], all = m, append(all, m)
			}
			if n := len(m.trials); n == 0 || m.trials[n-1] != t {
				m.trials = append(m.trials, t)
			}
		}
	}
	var out *multierror.Error
	for _, m := range all {
		out = multierror.Append(out, inTrials(m.first, m.trials, trials))
	}
	return out.ErrorOrNil()
}

var numbers = regexp.MustCompile(`\d+(\.\d+)?(e[-+]?\d+)?`)

// withoutNumbers is a text with each number as #.
func withoutNumbers(text string) string { return numbers.ReplaceAllString(text, "#") }

// inTrials is a mistake with the trials that have it, which are some of all.
func inTrials(err error, trials, all []*Trial) error {
	first, more := trials[0], len(trials)-1
	where := fmt.Sprintf("in trial %d (%s)", first.Number, first.Values())
	switch {
	case first.Number == unnumbered && more > 0:
		where = fmt.Sprintf("at %s, and %s of the axes", first.Values(), printable.Count(more, "other end"))
	case first.Number == unnumbered:
		where = fmt.Sprintf("at %s", first.Values())
	case more > 0 && common(trials, all) != "":
		where = fmt.Sprintf("in the %s with %s, first in %d (%s)", printable.Count(more+1, "trial"), common(trials, all), first.Number, first.Values())
	case more > 0:
		where = fmt.Sprintf("in %s, first in %d (%s)", printable.Count(more+1, "trial"), first.Number, first.Values())
	}
	f, ok := err.(*fault.Fault)
	if !ok {
		return fmt.Errorf("%s: %w", where, err)
	}
	with := *f
	with.Text = where
	if f.Text != "" {
		with.Text += ": " + f.Text
	}
	return &with
}

// common is a value that these trials have and no other of all, such as method=ties: it is likely the
// reason. It is empty if there is none.
func common(trials, all []*Trial) string {
	for _, axis := range trials[0].axes {
		value, active := trials[0].Set[axis.Name]
		have := func(t *Trial) bool { return t.Set[axis.Name] == value }
		if active && len(trials) < len(all) && countOf(trials, have) == len(trials) && countOf(all, have) == len(trials) {
			return search.Point{axis.Name: value}.Text(trials[0].axes)
		}
	}
	return ""
}

func countOf(trials []*Trial, have func(*Trial) bool) (n int) {
	for _, t := range trials {
		if have(t) {
			n++
		}
	}
	return n
}
