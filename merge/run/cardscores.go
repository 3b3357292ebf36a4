package run

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
)

// ScoresOf are the judgements on what a save writes, each with no other candidate.
func ScoresOf(p *plan.Plan, save *plan.Node, result *Result) (out []*evaluate.Judgement) {
	for i, s := range p.Scored {
		if i >= len(result.Scores) || result.Scores[i].Judgement == nil {
			continue
		}
		for _, shown := range s.Candidates {
			from, to := shown.Slots[0][0], save.Slots[0][0]
			if from.From.ID != to.From.ID || from.Member().Name != to.Member().Name {
				continue
			}
			one := *result.Scores[i].Judgement
			one.Candidates = slices.DeleteFunc(slices.Clone(one.Candidates), func(c *evaluate.Candidate) bool { return c.Name != shown.Name })
			one.Gates = slices.DeleteFunc(slices.Clone(one.Gates), func(v *evaluate.Verdict) bool { return v.Candidate != shown.Name })
			out = append(out, &one)
		}
	}
	return out
}

// writeModelIndex is the part of a card's front matter by which the hub lists scores.
// https://huggingface.co/docs/hub/model-cards#evaluation-results
func writeModelIndex(b *strings.Builder, title string, judged []*evaluate.Judgement) {
	if len(judged) == 0 {
		return
	}
	fmt.Fprintf(b, "model-index:\n- name: %q\n  results:\n", printable.Line(title))
	for _, j := range judged {
		for i, r := range j.Candidates[0].Results {
			if r.Score == nil {
				continue
			}
			task := j.Tasks[i]
			dataset := task.Name
			if task.Split != "" {
				dataset += " (documents " + task.Split + ")"
			}
			fmt.Fprintf(b, "  - task: {type: text-generation}\n    dataset: {type: %q, name: %q}\n    metrics: [{type: %q, value: %s}]\n",
				printable.Line(task.Name), printable.Line(dataset), printable.Line(task.Metric), strconv.FormatFloat(r.Score.Value, 'g', 6, 64))
		}
	}
}

// writeScores is the part of the card on scores and gates. Where the recipe evaluates but not
// this output, it says so.
func writeScores(b *strings.Builder, p *plan.Plan, judged []*evaluate.Judgement) {
	if len(p.Scored) == 0 {
		return
	}
	b.WriteString("\n## Scores\n\n")
	if len(judged) == 0 {
		b.WriteString("This adapter was not evaluated.\n")
		return
	}
	for _, j := range judged {
		fmt.Fprintf(b, "Errors are standard errors; ranges are bounds that hold with a confidence of %g %% each.\n\n%s", 100*j.Confidence, j.Scores().Markdown())
		if len(j.Gates) > 0 {
			fmt.Fprintf(b, "\n%s", j.GateTable().Markdown())
		}
		for _, remark := range j.Remarks() {
			fmt.Fprintf(b, "\n- %s", cell(remark))
		}
		b.WriteString("\n")
	}
}
