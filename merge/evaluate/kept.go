package evaluate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// Kept are scores as they lie beside a lock and in the cache, found by their digests:
//
//	{"scores": 1,
//	"documents": {
//	"sha256:…": {"ids": ["0", "1"], "weights": [800, 1200], "contents": ["…", "…"], "clusters": ["a", "a"]}},
//	"measurements": {
//	"sha256:…": {"value": 1.04, "stderr": 0.008, "n": 2, "direction": "minimize", …, "documents": "sha256:…", "values": [1.1, 0.98]}}}
//
// The documents of a task stand once, under their hash, for all adapters that were scored on
// them. Every entry has a line of its own.
type Kept struct {
	documents    map[digest.Digest]*keptDocuments
	measurements map[digest.Digest]*keptScore
}

type keptDocuments struct {
	IDs      []string  `json:"ids"`
	Weights  []float64 `json:"weights,omitempty"`  // all 1 where there are none
	Contents []string  `json:"contents,omitempty"` // shortened; all empty where there are none
	Clusters []string  `json:"clusters,omitempty"`
}

type keptScore struct {
	Value      float64           `json:"value"`
	SE         float64           `json:"stderr,omitempty"`
	N          int               `json:"n,omitempty"`
	Direction  results.Direction `json:"direction,omitempty"`
	Exp        bool              `json:"exp,omitempty"`
	Missing    int               `json:"missing,omitempty"`
	Metric     string            `json:"metric,omitempty"`
	Split      string            `json:"split,omitempty"`
	Method     *digest.Digest    `json:"method,omitempty"`
	Conditions map[string]string `json:"conditions,omitempty"`
	About      map[string]string `json:"about,omitempty"`
	Notes      []string          `json:"notes,omitempty"`
	Documents  *digest.Digest    `json:"documents,omitempty"` // where they stand
	Values     []float64         `json:"values,omitempty"`
}

const (
	keptVersion = 1
	keptLimit   = 64 << 20 // bytes; a few million documents' scores
)

// Encode is the text of scores, the same bytes in whatever order they come. Where they were read
// from is no part of it.
func Encode(scores ...*Score) []byte {
	k := Kept{make(map[digest.Digest]*keptDocuments), make(map[digest.Digest]*keptScore)}
	for _, s := range scores {
		k.add(s)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"scores\": %d,\n\"documents\": {", keptVersion)
	entries(&b, k.documents)
	b.WriteString("},\n\"measurements\": {")
	entries(&b, k.measurements)
	b.WriteString("}}\n")
	return b.Bytes()
}

// encodeWithin leaves out the documents where the text would be larger than what is read again:
// values and standard errors are better than nothing.
func encodeWithin(limit int, scores ...*Score) []byte {
	text := Encode(scores...)
	if len(text) <= limit {
		return text
	}
	var bare []*Score
	for _, s := range scores {
		without := *s
		without.Documents = nil
		bare = append(bare, &without)
	}
	return Encode(bare...)
}

func entries[V any](b *bytes.Buffer, m map[digest.Digest]V) {
	named := make(map[string]V, len(m))
	for d, v := range m {
		named[d.String()] = v
	}
	for i, name := range mapkeys.Sorted(named) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "\n%q: %s", name, encoded(named[name]))
	}
}

// encoded is JSON of what always has one: numbers that are finite, as they are read.
func encoded(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("evaluate: %v", err))
	}
	return text
}

func (k *Kept) add(s *Score) {
	out := &keptScore{Value: s.Value, SE: s.SE, N: s.N, Direction: s.Direction, Exp: s.Exp, Missing: s.Missing, Metric: s.Metric, Split: s.Split,
		Conditions: s.Conditions, About: s.About, Notes: s.Notes}
	if s.Method != (digest.Digest{}) {
		out.Method = &s.Method
	}
	k.measurements[s.Digest] = out
	if len(s.Documents) == 0 {
		return
	}
	d := new(keptDocuments)
	var weighted, known, clustered bool
	for _, document := range s.Documents {
		weighted, known, clustered = weighted || document.Weight != 1, known || document.Content != "", clustered || document.Cluster != ""
		out.Values = append(out.Values, document.Value)
		d.IDs, d.Weights = append(d.IDs, identity(document.ID)), append(d.Weights, document.Weight)
		d.Contents, d.Clusters = append(d.Contents, content(document.Content)), append(d.Clusters, document.Cluster)
	}
	if !weighted {
		d.Weights = nil
	}
	if !known {
		d.Contents = nil
	}
	if !clustered {
		d.Clusters = nil
	}
	sum := digest.Describe("documents").Text(string(encoded(d))).Sum()
	out.Documents = &sum
	k.documents[sum] = d
}

// Decode reads what Encode wrote. Its errors are Faults of the file.
func Decode(file string, data []byte) (*Kept, error) {
	var form struct {
		Scores       int                              `json:"scores"`
		Documents    map[digest.Digest]*keptDocuments `json:"documents"`
		Measurements map[digest.Digest]*keptScore     `json:"measurements"`
	}
	refuse := func(because error) (*Kept, error) {
		return nil, fault.In(file, "these are not the scores that loramerge wrote").Because(because).Mend("restore the file from git, or move it away: its scores are then measured anew where documents are needed")
	}
	if len(data) > keptLimit {
		return refuse(fmt.Errorf("it is larger than %d bytes", keptLimit))
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&form)
	switch {
	case errors.Is(err, io.EOF):
		return refuse(errors.New("it is empty"))
	case err != nil:
		return refuse(err)
	case form.Scores != keptVersion:
		return refuse(fmt.Errorf("its version is %d, and this program knows %d", form.Scores, keptVersion))
	case len(bytes.TrimSpace(data[decoder.InputOffset():])) > 0:
		return refuse(errors.New("there is something after its end"))
	}
	k := &Kept{form.Documents, form.Measurements}
	if err := k.check(); err != nil {
		return refuse(err)
	}
	return k, nil
}

// check refuses what no measurement is.
func (k *Kept) check() error {
	for sum, d := range k.documents {
		if d == nil {
			return fmt.Errorf("the documents %s are null", sum)
		}
		n := len(d.IDs)
		for what, length := range map[string]int{"weights": len(d.Weights), "contents": len(d.Contents), "clusters": len(d.Clusters)} {
			if length != 0 && length != n {
				return fmt.Errorf("the documents %s have %d ids and %d %s", sum, n, length, what)
			}
		}
		if sorted := slices.Sorted(slices.Values(d.IDs)); len(slices.Compact(sorted)) != n {
			return fmt.Errorf("the documents %s have an id twice", sum)
		}
		for _, w := range d.Weights {
			if !(w > 0) || math.IsInf(w, 0) {
				return fmt.Errorf("the documents %s have the weight %g", sum, w)
			}
		}
	}
	for sum, m := range k.measurements {
		if m == nil {
			return fmt.Errorf("the measurement %s is null", sum)
		}
		if m.SE < 0 || m.N < 0 || m.Missing < 0 || !slices.Contains([]results.Direction{results.Unstated, results.Maximize, results.Minimize}, m.Direction) {
			return fmt.Errorf("the measurement %s is %g ± %g of %d documents, to %q", sum, m.Value, m.SE, m.N, m.Direction)
		}
		if n, ok := k.count(m); !ok || n != len(m.Values) {
			return fmt.Errorf("the measurement %s has %d values and not the documents to them", sum, len(m.Values))
		}
	}
	return nil
}

// count is how many documents a measurement has.
func (k *Kept) count(m *keptScore) (n int, ok bool) {
	if m.Documents == nil {
		return 0, true
	}
	d, ok := k.documents[*m.Documents]
	if !ok {
		return 0, false
	}
	return len(d.IDs), true
}

// Score is the one of that digest, or nil.
func (k *Kept) Score(d digest.Digest) *Score {
	if k == nil || k.measurements[d] == nil {
		return nil
	}
	m := k.measurements[d]
	s := &Score{Digest: d, Metric: m.Metric, Split: m.Split, Measurement: results.Measurement{Value: m.Value, SE: m.SE, N: m.N, Direction: m.Direction, Exp: m.Exp,
		Missing: m.Missing, Conditions: m.Conditions, About: m.About, Notes: m.Notes}}
	if m.Method != nil {
		s.Method = *m.Method
	}
	if m.Documents == nil {
		return s
	}
	of := k.documents[*m.Documents]
	for i, value := range m.Values {
		document := results.Document{ID: of.IDs[i], Value: value, Weight: 1}
		if of.Weights != nil {
			document.Weight = of.Weights[i]
		}
		if of.Contents != nil {
			document.Content = of.Contents[i]
		}
		if of.Clusters != nil {
			document.Cluster = of.Clusters[i]
		}
		s.Documents = append(s.Documents, document)
	}
	return s
}
