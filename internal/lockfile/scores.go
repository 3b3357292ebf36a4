package lockfile

import (
	"fmt"
	"maps"
	"math"
	"strings"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/mapkeys"
)

// Scores are what a recipe's stages scored, in the lock.
type Scores struct {
	Documents string                 `yaml:"documents"` // the hash of the file beside the lock that has the scores of single documents
	Stages    map[string]StageScores `yaml:"stages"`
}

// StageScores are those of one stage: of the base by task, and of experts and candidates by
// name and task.
type StageScores struct {
	Base       map[string]Score            `yaml:"base,omitempty"`
	Experts    map[string]map[string]Score `yaml:"experts,omitempty"`
	Candidates map[string]map[string]Score `yaml:"candidates,omitempty"`
}

// Score is one score, in one line of the lock.
type Score struct {
	Value  float64           `yaml:"value"`
	SE     float64           `yaml:"se,omitempty"`        // 0 for none
	N      int               `yaml:"documents,omitempty"` // 0 for not known
	Metric string            `yaml:"metric,omitempty"`
	Split  string            `yaml:"split,omitempty"`
	Better string            `yaml:"direction,omitempty"` // maximize or minimize, where the evaluator says
	Digest string            `yaml:"digest"`
	About  map[string]string `yaml:"about,omitempty"` // what the evaluator said of itself
}

// ScoresPath is where the scores of documents lie that belong to a lock: ties.scores.json for
// ties.lock.yaml.
func ScoresPath(lockPath string) string { return strings.TrimSuffix(lockPath, Ending) + ".scores.json" }

// Each visits all scores in their order, by the keys that lead to them in the lock.
func (s *Scores) Each(visit func(keys []string, score Score) error) error {
	if s == nil {
		return nil
	}
	for _, name := range mapkeys.Sorted(s.Stages) {
		stage := s.Stages[name]
		groups := []struct {
			keys     []string
			adapters map[string]map[string]Score
		}{{nil, map[string]map[string]Score{"base": stage.Base}}, {[]string{"experts"}, stage.Experts}, {[]string{"candidates"}, stage.Candidates}}
		for _, g := range groups {
			for _, adapter := range mapkeys.Sorted(g.adapters) {
				for _, task := range mapkeys.Sorted(g.adapters[adapter]) {
					keys := append([]string{"scores", "stages", name}, g.keys...)
					if err := visit(append(keys, adapter, task), g.adapters[adapter][task]); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// scoreMistake is of a score that no run wrote, by the keys that lead to it.
type scoreMistake struct {
	keys []string
	text string
}

func (m *scoreMistake) Error() string { return m.text }

// check refuses scores that no run wrote.
func (s *Scores) check() error {
	return s.Each(func(keys []string, score Score) error {
		var d digest.Digest
		switch {
		case d.UnmarshalText([]byte(score.Digest)) != nil:
			return &scoreMistake{keys, fmt.Sprintf("the digest of this score is %q", score.Digest)}
		case score.Better != "" && score.Better != "maximize" && score.Better != "minimize":
			return &scoreMistake{keys, fmt.Sprintf("the direction of this score is %q", score.Better)}
		case math.IsNaN(score.Value) || math.IsInf(score.Value, 0) || !(score.SE >= 0) || math.IsInf(score.SE, 0) || score.N < 0:
			return &scoreMistake{keys, fmt.Sprintf("this score is %g ± %g of %d documents", score.Value, score.SE, score.N)}
		}
		return nil
	})
}

// changes are the scores that differ, or one that stands for many.
func (s *Scores) changes(now *Scores) []Change {
	was, is := s.byName(), now.byName()
	var all []Change
	for _, name := range mapkeys.United(was, is) {
		x, y := was[name], is[name]
		if x.same(y.Score) {
			continue
		}
		text := fmt.Sprintf("was %v, is %v", x.Value, y.Value)
		switch {
		case x.Digest == "":
			text = fmt.Sprintf("is new, %v", y.Value)
		case y.Digest == "":
			text = fmt.Sprintf("was %v, is gone", x.Value)
		case x.Value == y.Value:
			text = fmt.Sprintf("is still %v, measured anew", y.Value)
		}
		keys := x.keys
		if keys == nil {
			keys = y.keys
		}
		all = append(all, Change{"score " + name, text, keys, reviewed})
	}
	if n := len(all); n > fewScores {
		return []Change{{"scores", fmt.Sprintf("%s and %d others differ", strings.TrimPrefix(all[0].What, "score "), n-1), all[0].keys, reviewed}}
	}
	return all
}

// fewScores are so few that a change names each.
const fewScores = 8

type pinnedScore struct {
	Score
	keys []string
}

// same reports whether two scores are one, and not only of one adapter and one command: what is measured
// anew may come out differently.
func (s Score) same(other Score) bool {
	return s.Digest == other.Digest && s.Value == other.Value && s.SE == other.SE && s.N == other.N && s.Metric == other.Metric && s.Split == other.Split && s.Better == other.Better && maps.Equal(s.About, other.About)
}

func (s *Scores) byName() map[string]pinnedScore {
	out := make(map[string]pinnedScore)
	_ = s.Each(func(keys []string, score Score) error { // what visits here never fails
		out[strings.Join(keys[2:], ".")] = pinnedScore{score, keys}
		return nil
	})
	return out
}
