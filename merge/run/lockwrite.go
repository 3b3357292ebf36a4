package run

import (
	"bytes"
	"strings"

	"gopkg.in/yaml.v3"
)

const lockHead = `# Written by loramerge run; commit it beside the recipe. Inputs other than these are refused
# until a run with --update-lock. When the recipe changes its meaning, a run renews this
# file by itself, and says so; a run with --locked refuses instead.
`

// encode is the text of the lock's file.
func (l *Lock) encode() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(lockHead)
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	err := encoder.Encode(writtenLock{l.Lock, l.Digest, lockText(l.Tool), lockText(l.Kernels), lockText(l.Plan), texts(l.Recipes), writtenInputs(l.Inputs), writtenOutputs(l.Outputs)})
	return b.Bytes(), err
}

// writtenLock is a Lock as it is written.
type writtenLock struct {
	Lock    int                      `yaml:"lock"`
	Digest  int                      `yaml:"digest"`
	Tool    lockText                 `yaml:"tool,omitempty"`
	Kernels lockText                 `yaml:"kernels,omitempty"`
	Plan    lockText                 `yaml:"plan"`
	Recipes map[lockText]lockText    `yaml:"recipes,omitempty"`
	Inputs  map[lockText]writtenPair `yaml:"inputs"`
	Outputs map[lockText]writtenPair `yaml:"outputs"`
}

type writtenPair struct {
	Path    lockText `yaml:"path"`
	Origin  lockText `yaml:"origin,omitempty"`
	Weights lockText `yaml:"weights"`
	Config  lockText `yaml:"config"`
}

// lockText is written in quotes if it has several lines, as a path may: as a block, which
// the library would choose, it loses a line break at its beginning.
type lockText string

// MarshalYAML implements yaml.Marshaler.
func (t lockText) MarshalYAML() (any, error) {
	if !strings.Contains(string(t), "\n") {
		return string(t), nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: string(t), Style: yaml.DoubleQuotedStyle}, nil
}

func texts(m map[string]string) map[lockText]lockText {
	out := make(map[lockText]lockText, len(m))
	for key, value := range m {
		out[lockText(key)] = lockText(value)
	}
	return out
}

func writtenInputs(m map[string]LockedInput) map[lockText]writtenPair {
	out := make(map[lockText]writtenPair, len(m))
	for key, in := range m {
		out[lockText(key)] = writtenPair{lockText(in.Path), lockText(in.Origin), lockText(in.Weights), lockText(in.Config)}
	}
	return out
}

func writtenOutputs(m map[string]LockedPair) map[lockText]writtenPair {
	out := make(map[lockText]writtenPair, len(m))
	for key, p := range m {
		out[lockText(key)] = writtenPair{lockText(p.Path), "", lockText(p.Weights), lockText(p.Config)}
	}
	return out
}
