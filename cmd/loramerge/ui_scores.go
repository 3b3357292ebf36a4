package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/run"
)

// scoring prints that a command is started, or has ended.
func (u *ui) scoring(now run.Scoring) {
	if now.Done {
		u.logf("scored %s on %s in %s\n", now.Adapter, strings.Join(now.Tasks, ", "), now.Took.Round(100*time.Millisecond).String())
	} else {
		u.logf("scoring %s on %s\n", now.Adapter, strings.Join(now.Tasks, ", "))
	}
}

// evaluated prints the scores and gates of all stages, and which outputs these keep from their
// places.
func (u *ui) evaluated(r *run.Result) {
	for _, e := range r.Scores {
		if e.Judgement == nil {
			u.printf("%s: not evaluated\n", e.Stage)
			continue
		}
		u.printf("\n%s: %s\n", e.Stage, origins(e.Counts))
		u.scoreTable(e.Judgement.Scores())
		if len(e.Gates) > 0 {
			u.print("\n")
			u.scoreTable(e.GateTable())
		}
		for _, remark := range e.Remarks() {
			u.printf("note: %s\n", remark)
		}
	}
	for _, stage := range r.HeldBack {
		u.printf("%s: not put in place, and the lock stays as it is, since not all gates were passed\n", stage)
	}
}

// unpassed names the gates that stand in the way, for whoever does not see their table.
func unpassed(r *run.Result) string {
	var names []string
	for _, v := range verdicts(r) {
		if v.Blocks() {
			names = append(names, fmt.Sprintf("%s (%s): %s", v.Gate, v.Candidate, v.Outcome))
		}
	}
	return strings.Join(names, "; ")
}

// verdicts are those of all stages.
func verdicts(r *run.Result) (all []*evaluate.Verdict) {
	for _, e := range r.Scores {
		if e.Judgement != nil {
			all = append(all, e.Gates...)
		}
	}
	return all
}

// origins says where the scores of a stage came from.
func origins(c run.Counts) string {
	var parts []string
	for _, p := range []struct {
		n    int
		from string
	}{{c.Measured, "measured"}, {c.Cached, "from the cache"}, {c.Locked, "from the lock"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", printable.Count(p.n, "score"), p.from))
		}
	}
	return strings.Join(parts, ", ")
}

// scoreTable prints rows without the columns that are empty in all of them.
func (u *ui) scoreTable(t evaluate.Table) {
	var heading []string
	rows := make([][]string, len(t.Rows))
	for column, name := range t.Heading {
		filled := false
		for _, row := range t.Rows {
			filled = filled || row[column] != ""
		}
		if !filled {
			continue
		}
		heading = append(heading, name)
		for i, row := range t.Rows {
			rows[i] = append(rows[i], printable.Line(row[column]))
		}
	}
	u.columns(evaluate.Table{Heading: heading, Rows: rows})
}
