package evaluate

import (
	"slices"

	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/stages"
)

// Compare is a − b in the metric's units, paired where both have documents, with bounds of that
// confidence on either side; or why the two are not compared.
func Compare(a, b *Score, confidence float64) (f *Figure, why string) {
	if why := unlike(a, b); why != "" {
		return nil, why
	}
	return difference(a, b, confidence), ""
}

// Asked is what was asked for, as far as scores tell: each task's metric and direction, and the
// expert that was scored on it. There are no gates. Tasks are in the order of their names.
func (s *Scores) Asked(confidence float64) *stages.Evaluation {
	tasks := make(map[string]*stages.Task)
	for _, of := range slices.Concat(s.Candidates, s.Experts, []*Scored{s.Base}) {
		if of == nil {
			continue
		}
		for name, score := range of.Scores {
			if tasks[name] == nil {
				tasks[name] = &stages.Task{Name: name, ID: name}
			}
			t := tasks[name]
			if score.Metric != "" {
				t.Metric = score.Metric
			}
			if score.Direction != results.Unstated {
				t.Direction = string(score.Direction)
			}
		}
	}
	for _, name := range mapkeys.Sorted(tasks) {
		for _, expert := range s.Experts {
			if expert.Scores[name] != nil && (tasks[name].Expert == "" || expert.Name == name) {
				tasks[name].Expert = expert.Name
			}
		}
	}
	e := &stages.Evaluation{Base: s.Base != nil, Confidence: confidence}
	for _, name := range mapkeys.Sorted(tasks) {
		e.Tasks = append(e.Tasks, *tasks[name])
	}
	return e
}
