package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/sweep"
)

// mostTrials are as many as a table of them shows.
const mostTrials = 10

// swept prints what a sweep has found.
func (u *ui) swept(r *sweep.Result) {
	trials := ranked(r.Trials)
	if r.Answer != nil { // what is best in another goal than the first must not be cut off
		place := func(t *sweep.Trial) int {
			if onFront(r, t) {
				return 0
			}
			return 1
		}
		slices.SortStableFunc(trials, func(a, b *sweep.Trial) int { return cmp.Compare(place(a), place(b)) })
	}
	u.columns(trialTable(r, trials, mostTrials))
	if more := len(r.Trials) - mostTrials; more > 0 {
		u.printf("and %s; all are in %s\n", printable.Count(more, "other trial"), r.Folder)
	}
	if !r.Complete {
		u.printf("%s\n", leftText(r))
	}
	if r.Answer != nil {
		u.answer(r.Answer)
	}
}

// leftText says what a sweep waits for.
func leftText(r *sweep.Result) string {
	trials := len(r.Left)
	if slices.Contains(r.Left, 0) {
		trials--
	}
	text := fmt.Sprintf("%d of %s %s left to measure", trials, printable.Count(len(r.Trials), "trial"), printable.Choose(trials, "is", "are"))
	if trials < len(r.Left) {
		text += ", and the recipe as it stands"
	}
	switch {
	case len(r.Shares) == 1:
		text += fmt.Sprintf(": those of share %d", r.Shares[0])
	case len(r.Shares) > 1:
		text += fmt.Sprintf(": those of the shares %s", strings.Trim(strings.Join(strings.Fields(fmt.Sprint(r.Shares)), ", "), "[]"))
	}
	return text
}

// ranked are the trials from the best to the worst, by their first goal; those without come last.
func ranked(trials []*sweep.Trial) []*sweep.Trial {
	goal := func(t *sweep.Trial) float64 {
		if len(t.Goals) == 0 || math.IsNaN(t.Goals[0]) {
			return math.Inf(-1)
		}
		return t.Goals[0]
	}
	return slices.SortedStableFunc(slices.Values(trials), func(a, b *sweep.Trial) int {
		return cmp.Or(cmp.Compare(b.Documents, a.Documents), cmp.Compare(goal(b), goal(a)))
	})
}

// trialTable has the recipe as it stands, and so many of the trials.
func trialTable(r *sweep.Result, trials []*sweep.Trial, most int) evaluate.Table {
	t := evaluate.Table{Heading: []string{"TRIAL"}}
	for _, axis := range r.Axes {
		t.Heading = append(t.Heading, axis.Name)
	}
	for _, g := range r.Goals {
		t.Heading = append(t.Heading, g.String())
	}
	t.Heading = append(t.Heading, "DOCUMENTS", "REMARK")
	for _, trial := range append([]*sweep.Trial{r.Stood}, trials[:min(most, len(trials))]...) {
		t.Rows = append(t.Rows, trialRow(r, trial))
	}
	return t
}

func trialRow(r *sweep.Result, trial *sweep.Trial) []string {
	row := []string{strconv.Itoa(trial.Number)}
	for _, axis := range r.Axes {
		value, active := r.Value(trial, axis.Name)
		if !active {
			value = "–"
		}
		row = append(row, value)
	}
	for i, g := range r.Goals {
		row = append(row, goalText(trial, g, i))
	}
	documents := ""
	if trial.Documents > 0 {
		documents = strconv.Itoa(trial.Documents)
	}
	var remarks []string
	if trial.Failed != "" {
		remarks = append(remarks, "failed")
	} else if trial.Number == 0 {
		remarks = append(remarks, "as it stands")
	}
	if onFront(r, trial) {
		remarks = append(remarks, "front")
	}
	return append(row, documents, strings.Join(remarks, ", "))
}

// onFront reports whether no other trial beats this one in every goal; with one goal there is no front.
func onFront(r *sweep.Result, t *sweep.Trial) bool {
	return r.Answer != nil && len(r.Goals) > 1 && slices.Contains(r.Answer.Front, t.Number)
}

// trialName is a trial in a sentence.
func trialName(t *sweep.Trial) string {
	if t.Number == 0 {
		return "the recipe as it stands"
	}
	return fmt.Sprintf("trial %d (%s)", t.Number, t.Values())
}
