package sweep

import (
	"math"

	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Confidence of an answer: all its intervals together hold the truth this often.
const Confidence = 0.95

// Evidence is what an answer is made from.
type Evidence struct {
	Goals      []recipe.Goal
	Axes       []recipe.Axis
	Asked      *stages.Evaluation
	Stood      *Trial
	Trials     []*Trial
	References *References              // on `select`
	Test       *evaluate.Scores         // the base and the experts on `test`
	Tested     map[int]*evaluate.Scored // by trial: 0 and all of [Chosen] on `test`, with the recipe's own seed
	Looks      int                      // adapters that were ever scored on `test` for this sweep, without that of trial 0
}

// Answer is what a sweep found out: whether something that was tried is better than the recipe as it
// stands. What was chosen on `select` was scored on `test`, which no trial has seen.
type Answer struct {
	Goals    []GoalName `json:"goals"`
	Better   bool       `json:"better"` // whether a trial that was chosen is better
	Pick     *int       `json:"pick"`   // the best on `select`, 0 for the recipe as it stands; nil where a front is
	Front    []int      `json:"front,omitempty"`
	Verdicts []*Verdict `json:"verdicts"` // on each trial that was chosen, but for the recipe as it stands
	// Confidence is that of each interval, so that together they have [Confidence] (Bonferroni).
	Confidence float64           `json:"confidence"`
	Stood      []*Reached        `json:"stood"`  // by the recipe as it stands, of each goal, on `test`
	Trials     int               `json:"trials"` // that have goals
	Failed     int               `json:"failed"`
	Looks      int               `json:"looks"`
	Refused    map[string]string `json:"refused,omitempty"`        // tasks that are in no goal, and why
	Effects    []*Effect         `json:"effects"`                  // of each axis
	Spread     *Spread           `json:"spread,omitempty"`         // over seeds; nil where nothing is drawn at random
	Alike      [][2]int          `json:"not_told_apart,omitempty"` // trials of the front
	Text       string            `json:"text"`                     // the answer in a sentence
	Remarks    []string          `json:"remarks,omitempty"`        // sentences on what to know besides
}

// GoalName is a goal as a recipe has it. In an answer more of every goal is better: where people read
// it the other way, a loss or what was forgotten, it stands with its sign turned.
type GoalName struct {
	Goal   string `json:"goal"`
	Turned bool   `json:"turned,omitempty"`
}

// Reached is what a trial reaches of a goal on `test`.
type Reached struct {
	Goal   string           `json:"goal"`
	Figure *evaluate.Figure `json:"figure,omitempty"` // larger is better; its interval is that of the number by itself, and wide
	Task   string           `json:"task,omitempty"`   // that decides it
	Why    string           `json:"why,omitempty"`    // there is none
}

// NewAnswer answers by what was measured. It is a function of that and nothing else.
func NewAnswer(e Evidence) *Answer {
	a := &Answer{Looks: e.Looks, Refused: make(map[string]string), Verdicts: []*Verdict{}}
	all := append([]*Trial{e.Stood}, e.Trials...)
	for _, t := range e.Trials {
		if t.reaches() {
			a.Trials++
		} else if t.Failed != "" {
			a.Failed++
		}
	}
	pick, front := Choose(all)
	if pick != nil {
		a.Pick = &pick.Number
	}
	for _, t := range front {
		a.Front = append(a.Front, t.Number)
	}
	chosen := Chosen(all)
	a.Confidence = 1 - (1-Confidence)/float64(max(1, len(chosen)*len(e.Goals)))
	judge := &judging{Evidence: e, answer: a}
	judge.begin()
	for _, t := range chosen {
		v := judge.verdict(t)
		a.Better = a.Better || v.Outcome == Better
		a.Verdicts = append(a.Verdicts, v)
	}
	a.Alike = judge.alike(front)
	a.Effects = effects(e)
	a.Spread = spread(e)
	a.say(e)
	return a
}

// luck is by how much the best of k trials that are all equally good looks better than the recipe as it
// stands, which is as good, by the documents on which it is chosen: on average
//
//	E[largest of k standard normal numbers] · SE/√2
//
// where SE is that of the paired difference of two of them. (Errors eₜ of trials on the same documents
// that are equally correlated are a common part and independent ones of variance SE²/2, and the
// common part cancels.) The SE on `test` stands for that on `select`: it shrinks with the square root
// of the number of documents.
func luck(trials int, onTest *evaluate.Figure, documents int) float64 {
	if trials < 1 || onTest == nil || onTest.Documents == 0 || documents == 0 {
		return 0
	}
	return stats.ExpectedMax(trials) * onTest.SE * math.Sqrt(float64(onTest.Documents)/float64(documents)/2)
}
