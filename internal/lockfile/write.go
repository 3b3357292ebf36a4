package lockfile

import (
	"bytes"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/loramerge/loramerge/internal/outdir"
)

const head = `# Written by loramerge run; commit it beside the recipe. Inputs other than these are refused
# until a run with --update-lock. When the recipe changes its meaning, a run renews this
# file by itself, and says so; a run with --locked refuses instead.
`

// Write puts the lock in place whole.
func (l *Lock) Write(path string) error {
	encoded, err := l.encode()
	if err != nil {
		return err
	}
	if err := outdir.WriteFile(path, encoded); err != nil {
		return fmt.Errorf("the lock can't be written: %w", err)
	}
	return nil
}

// encode is the text of the lock's file.
func (l *Lock) encode() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(head)
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	err := encoder.Encode(writtenLock{l.Lock, l.Digest, text(l.Tool), text(l.Kernels), text(l.Plan), texts(l.Recipes), writtenInputs(l.Inputs), writtenOutputs(l.Outputs), writtenScoresOf(l.Scores)})
	return b.Bytes(), err
}

// writtenLock is a Lock as it is written.
type writtenLock struct {
	Lock    int                  `yaml:"lock"`
	Digest  int                  `yaml:"digest"`
	Tool    text                 `yaml:"tool,omitempty"`
	Kernels text                 `yaml:"kernels,omitempty"`
	Plan    text                 `yaml:"plan"`
	Recipes map[text]text        `yaml:"recipes,omitempty"`
	Inputs  map[text]writtenPair `yaml:"inputs"`
	Outputs map[text]writtenPair `yaml:"outputs"`
	Scores  *writtenScores       `yaml:"scores,omitempty"`
}

type writtenPair struct {
	Path    text `yaml:"path"`
	Origin  text `yaml:"origin,omitempty"`
	Weights text `yaml:"weights,omitempty"` // of a base model's configuration, nothing
	Config  text `yaml:"config,omitempty"`  // of a format without one, nothing
}

// text is written in quotes if it has several lines, as a path may: as a block, which
// the library would choose, it loses a line break at its beginning.
type text string

// MarshalYAML implements yaml.Marshaler.
func (t text) MarshalYAML() (any, error) {
	if !strings.Contains(string(t), "\n") {
		return string(t), nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: string(t), Style: yaml.DoubleQuotedStyle}, nil
}

func texts(m map[string]string) map[text]text {
	out := make(map[text]text, len(m))
	for key, value := range m {
		out[text(key)] = text(value)
	}
	return out
}

func writtenInputs(m map[string]Input) map[text]writtenPair {
	out := make(map[text]writtenPair, len(m))
	for key, in := range m {
		out[text(key)] = writtenPair{text(in.Path), text(in.Origin), text(in.Weights), text(in.Config)}
	}
	return out
}

func writtenOutputs(m map[string]Pair) map[text]writtenPair {
	out := make(map[text]writtenPair, len(m))
	for key, p := range m {
		out[text(key)] = writtenPair{text(p.Path), "", text(p.Weights), text(p.Config)}
	}
	return out
}
