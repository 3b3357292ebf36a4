package main

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/sweep"
)

// answer prints what a sweep has found out. What matters most comes last, where a terminal shows it.
func (u *ui) answer(a *sweep.Answer) {
	if a.Trials > 0 {
		u.printf("\n")
		u.columns(effectTable(a))
	}
	if len(a.Verdicts) > 0 {
		u.printf("\n")
		u.columns(testTable(a))
	}
	u.printf("\n")
	for _, v := range a.Verdicts {
		u.prose(v.Sentence())
	}
	if len(a.Verdicts) == 0 {
		u.prose(a.Text)
	}
	u.printf("\n")
	for _, remark := range a.Remarks {
		u.prose(remark)
	}
}

// prose prints a paragraph in lines that can be read.
func (u *ui) prose(text string) {
	for _, line := range lines(printable.Line(text), 80) {
		u.printf("%s\n", line)
	}
}

// lines breaks a text between words.
func lines(text string, columns int) (out []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns:
			out, line = append(out, line), word
		default:
			line += " " + word
		}
	}
	return append(out, line)
}

// testTable has what was reached on test, and the differences.
func testTable(a *sweep.Answer) evaluate.Table {
	t := evaluate.Table{Heading: []string{"ON TEST", "TRIAL", "REACHED", "BETTER BY"}}
	for i, g := range a.Goals {
		t.Rows = append(t.Rows, []string{g.Goal, "0", a.ReachedText(i, a.Stood[i]), "as it stands"})
		for _, v := range a.Verdicts {
			t.Rows = append(t.Rows, []string{"", strconv.Itoa(v.Trial), a.ReachedText(i, &v.Goals[i].Reached), v.Goals[i].DifferenceText()})
		}
	}
	return t
}

// effectTable has what the axes did on select: the mean of each goal, and the best of a single one.
func effectTable(a *sweep.Answer) evaluate.Table {
	t := evaluate.Table{Heading: []string{"AXIS", "VALUES", "TRIALS"}}
	for _, g := range a.Goals {
		t.Heading = append(t.Heading, "MEAN "+g.Goal)
	}
	if len(a.Goals) == 1 {
		t.Heading = append(t.Heading, "BEST")
	}
	for _, e := range a.Effects {
		for i, p := range e.Parts {
			name := e.Axis
			if i > 0 {
				name = ""
			}
			row := []string{name, p.Values, strconv.Itoa(p.Trials)}
			for g := range a.Goals {
				row = append(row, a.Number(g, p.Mean[g]))
			}
			if len(a.Goals) == 1 {
				row = append(row, a.Number(0, p.Best[0]))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}
