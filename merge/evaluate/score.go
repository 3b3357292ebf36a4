package evaluate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// Score is a measurement of one adapter on one task.
type Score struct {
	// Digest is that of everything the measurement depends on: the adapter, the documents, and
	// Method.
	Digest digest.Digest
	// Method is the digest of how it was measured: the command and what it reads, without the
	// adapter and without the choice of documents. Scores of two methods are not compared. The
	// zero digest stands for a method that is not known.
	Method digest.Digest
	Metric string // which of the evaluator's numbers it is
	Split  string // the documents, as FIRST-LAST; empty for all
	results.Measurement
}

// Scored is an adapter, or the base, with its scores by task.
type Scored struct {
	Name   string
	Scores map[string]*Score
}

// Scores are those of one stage.
type Scores struct {
	Base       *Scored // nil where the base was not scored
	Experts    []*Scored
	Candidates []*Scored
}

// score is nil where there is none.
func (s *Scored) score(task string) *Score {
	if s == nil {
		return nil
	}
	return s.Scores[task]
}

// named is the adapter of that name, or nil.
func named(all []*Scored, name string) *Scored {
	if i := slices.IndexFunc(all, func(s *Scored) bool { return s.Name == name }); i >= 0 {
		return all[i]
	}
	return nil
}

// contentDigits is the length of what is kept of a content's hash: 64 bits, since it is to
// notice that a data set was changed, not to withstand an attack.
const contentDigits = 16

// content shortens a hash of what was asked. What is short already stays.
func content(hash string) string {
	if len(hash) <= contentDigits {
		return hash
	}
	sum := sha256.Sum256([]byte(hash))
	return hex.EncodeToString(sum[:])[:contentDigits]
}

// identity is a document's ID as it is kept. One that is no text is known by its hash.
func identity(id string) string {
	if utf8.ValidString(id) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// unlike says in what two scores differ that makes them no comparison, or is empty. An evaluator
// that says nothing of itself contradicts nobody, nor does a lock without the file beside it.
func unlike(a, b *Score) string {
	if a.Method != b.Method && a.Method != (digest.Digest{}) && b.Method != (digest.Digest{}) {
		return "the evaluator's command or what it reads is another"
	}
	if a.Metric != b.Metric && a.Metric != "" && b.Metric != "" {
		return fmt.Sprintf("metric: %s and %s", a.Metric, b.Metric)
	}
	for _, both := range [][2]map[string]string{{a.Conditions, b.Conditions}, {a.About, b.About}} {
		if len(both[0]) == 0 || len(both[1]) == 0 {
			continue
		}
		for _, name := range mapkeys.United(both[0], both[1]) {
			if name == results.HowMany && len(a.Documents) > 0 && len(b.Documents) > 0 {
				continue // documents are paired: only those that both have are compared
			}
			if x, y := both[0][name], both[1][name]; x != y {
				return fmt.Sprintf("%s: %s and %s", name, said(x), said(y))
			}
		}
	}
	return ""
}

func said(text string) string {
	if text == "" {
		return "not stated"
	}
	return text
}
