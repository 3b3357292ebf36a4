package sweep

import (
	"fmt"
	"regexp"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
)

var numbers = regexp.MustCompile(`\d+(\.\d+)?(e[-+]?\d+)?`)

// withoutNumbers is a text with each number as #.
func withoutNumbers(text string) string { return numbers.ReplaceAllString(text, "#") }

// inTrials is a mistake with the trials that have it.
func inTrials(err error, trials []*Trial) error {
	first, more := trials[0], len(trials)-1
	where := fmt.Sprintf("in trial %d (%s)", first.Number, first.Set)
	switch {
	case first.Number == unnumbered && more > 0:
		where = fmt.Sprintf("at %s, and %s of the axes", first.Set, printable.Count(more, "other end"))
	case first.Number == unnumbered:
		where = fmt.Sprintf("at %s", first.Set)
	case more > 0:
		where = fmt.Sprintf("in %s, first in %d (%s)", printable.Count(more+1, "trial"), first.Number, first.Set)
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
