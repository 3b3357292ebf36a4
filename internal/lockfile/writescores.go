package lockfile

import "gopkg.in/yaml.v3"

// writtenScores are Scores as they are written, with a line for each.
type writtenScores struct {
	Documents text                  `yaml:"documents"`
	Stages    map[text]writtenStage `yaml:"stages"`
}

type writtenStage struct {
	Base       map[text]writtenScore          `yaml:"base,omitempty"`
	Experts    map[text]map[text]writtenScore `yaml:"experts,omitempty"`
	Candidates map[text]map[text]writtenScore `yaml:"candidates,omitempty"`
}

type writtenScore Score

// MarshalYAML implements yaml.Marshaler.
func (s writtenScore) MarshalYAML() (any, error) {
	type fields struct {
		Value  float64       `yaml:"value"`
		SE     float64       `yaml:"se,omitempty"`
		N      int           `yaml:"documents,omitempty"`
		Metric text          `yaml:"metric,omitempty"`
		Split  text          `yaml:"split,omitempty"`
		Better text          `yaml:"direction,omitempty"`
		Digest text          `yaml:"digest"`
		About  map[text]text `yaml:"about,omitempty"`
	}
	node := new(yaml.Node)
	err := node.Encode(fields{s.Value, s.SE, s.N, text(s.Metric), text(s.Split), text(s.Better), text(s.Digest), texts(s.About)})
	node.Style = yaml.FlowStyle
	return node, err
}

func writtenScoresOf(s *Scores) *writtenScores {
	if s == nil {
		return nil
	}
	out := &writtenScores{text(s.Documents), make(map[text]writtenStage, len(s.Stages))}
	for name, stage := range s.Stages {
		out.Stages[text(name)] = writtenStage{writtenTasks(stage.Base), writtenAdapters(stage.Experts), writtenAdapters(stage.Candidates)}
	}
	return out
}

func writtenTasks(m map[string]Score) map[text]writtenScore {
	out := make(map[text]writtenScore, len(m))
	for task, score := range m {
		out[text(task)] = writtenScore(score)
	}
	return out
}

func writtenAdapters(m map[string]map[string]Score) map[text]map[text]writtenScore {
	out := make(map[text]map[text]writtenScore, len(m))
	for name, tasks := range m {
		out[text(name)] = writtenTasks(tasks)
	}
	return out
}
