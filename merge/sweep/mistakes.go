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
	where := fmt.Sprintf("in trial %d (%s)", trials[0].Number, trials[0].Set)
	if n := len(trials); n > 1 {
		where = fmt.Sprintf("in %s, first in %d (%s)", printable.Count(n, "trial"), trials[0].Number, trials[0].Set)
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
