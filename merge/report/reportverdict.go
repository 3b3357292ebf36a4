package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/stages"
)

const (
	// n unrelated adapters of one size leave an alignment of 1/√n each when they are added up.
	lostUnder = 1.0 / 3 // of that
	weakUnder = 2.0 / 3

	smallUnder  = 0.5 // of the norm that `norm: inputs` gives
	largeOver   = 2.0
	cutOver     = 0.1 // of ‖ΔW‖²
	mostAtOnce  = 6   // adapters named in a sentence
	asItIsAbove = 0.9999
)

// judge says in words what the merge did, and what is wrong with it.
func (r *reporting) judge() {
	d := r.data
	norms := r.total.norms(len(d.Adapters))
	for i := range d.Adapters {
		d.Adapters[i].Fate = fate(float64(d.Adapters[i].Alignment), norms.Present())
	}
	d.Verdict.Sentence = sentence(d, norms)
	r.judgeSize(norms)
	for _, loss := range d.Losses {
		if cut := float64(loss.Error * loss.Error); loss.IsCut() && cut > cutOver {
			r.wrong("The cut to a rank at %q leaves out %.0f %% of ‖ΔW‖², and about that share of the effect.", loss.Stage, 100*cut)
		}
	}
	for _, j := range r.options.Scores {
		r.judgeScores(j)
	}
}

func (r *reporting) wrong(format string, args ...any) {
	r.data.Verdict.Wrong = append(r.data.Verdict.Wrong, fmt.Sprintf(format, args...))
}

// fate is by the alignment, beside that of n unrelated adapters.
func fate(alignment float64, n int) reportpage.Fate {
	switch unrelated := 1 / math.Sqrt(float64(max(1, n))); {
	case math.IsNaN(alignment):
		return reportpage.Absent
	case alignment < -lostUnder*unrelated:
		return reportpage.Opposed
	case alignment < lostUnder*unrelated:
		return reportpage.Lost
	case alignment < weakUnder*unrelated:
		return reportpage.Weak
	}
	return reportpage.Keeps
}

// said are the fates in the order of the sentence.
var said = []struct {
	fate reportpage.Fate
	verb string
}{
	{reportpage.Keeps, "keeps"}, {reportpage.Weak, "has little left of"}, {reportpage.Lost, "has lost"}, {reportpage.Opposed, "works against"},
}

func sentence(d *reportpage.Data, norms stages.Norms) string {
	switch n := norms.Present(); {
	case n == 0:
		return "The adapters are zero, and so is the merge."
	case d.Norm == 0:
		return "The merge is zero: it has nothing of its adapters."
	case n > 1 && norms.Cancel():
		return "The adapters cancel each other: what is left of them in the merge is mostly noise."
	case len(d.Adapters) == 1 && d.Adapters[0].Alignment > asItIsAbove:
		return fmt.Sprintf("The merge is %s, at %.2f times its size.", d.Adapters[0].Name, d.Norm/d.Adapters[0].Norm)
	}
	var parts []string
	for _, s := range said {
		if names := named(d, s.fate); names != "" {
			parts = append(parts, s.verb+" "+names)
		}
	}
	last := len(parts) - 1
	switch last {
	case 0:
		return "The merge " + parts[0] + "."
	case 1:
		return "The merge " + parts[0] + ", and " + parts[1] + "."
	}
	return "The merge " + strings.Join(parts[:last], ", ") + ", and " + parts[last] + "."
}

// named lists the adapters of one fate; the first says what the figures are.
func named(d *reportpage.Data, fate reportpage.Fate) string {
	var names []string
	for _, a := range d.Adapters {
		if a.Fate == fate {
			names = append(names, fmt.Sprintf("%s (%s)", a.Name, reportpage.Alignment(a.Alignment)))
		}
	}
	if len(names) > mostAtOnce {
		names = append(names[:mostAtOnce-1], fmt.Sprintf("%d others", len(names)-mostAtOnce+1))
	}
	if len(names) > 0 {
		names[0] = strings.Replace(names[0], "(", "(alignment ", 1)
	}
	switch last := len(names) - 1; last {
	case -1, 0:
		return strings.Join(names, "")
	default:
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
}

// judgeSize holds the norm to that which suits the adapters, unless they cancel each other.
func (r *reporting) judgeSize(norms stages.Norms) {
	suits := norms.ByInputs()
	if suits == 0 || r.data.Norm == 0 || norms.Cancel() {
		return
	}
	switch ratio := r.data.Norm / suits; {
	case ratio < smallUnder:
		r.wrong("The result is small: its ‖ΔW‖ is %.3g, where `norm: inputs` would give %.3g. Every skill is likely to be weak.", r.data.Norm, suits)
	case ratio > largeOver:
		r.wrong("The result is large: its ‖ΔW‖ is %.3g, where `norm: inputs` would give %.3g. It is likely to do harm.", r.data.Norm, suits)
	}
}

// judgeScores names tasks at which the merge is worse than no adapter at all, and gives the
// adapters what is recovered of their tasks.
func (r *reporting) judgeScores(j *evaluate.Judgement) {
	for _, c := range j.Candidates {
		for i, result := range c.Results {
			task := j.Tasks[i]
			for k := range r.data.Adapters {
				if a := &r.data.Adapters[k]; task.Expert == a.Name && result.Recovered != nil {
					a.Recovered = result.Recovered.Percent()
				}
			}
			if change := result.Change; change != nil && change.Bounds != nil {
				if task.Direction == results.Minimize && change.Bounds.Lower > 0 || task.Direction == results.Maximize && change.Bounds.Upper < 0 {
					r.wrong("The merge is worse at %s than the base model alone: %s by %s.", task.Name, task.Metric, change.SignedText())
				}
			}
		}
	}
}
