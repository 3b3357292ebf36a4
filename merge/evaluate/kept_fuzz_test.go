package evaluate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// FuzzDecode: scores, whatever the file holds, are refused with a remedy, or come back the same
// when they are written anew.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("{}"))
	f.Add([]byte(`{"scores": 1, "documents": {}, "measurements": {}} x`))
	f.Add(Encode(&Score{Split: "0-1", Method: digest.Describe("m").Sum(), Measurement: results.Measurement{Value: 0.5, SE: 0.1, N: 2, Direction: results.Minimize,
		Documents: []results.Document{{ID: "a", Value: 0.4, Weight: 1}, {ID: "b", Value: 0.6, Weight: 2, Content: "c", Cluster: "d"}}}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := Decode("x.scores.json", data)
		if err != nil {
			if m, ok := err.(*fault.Fault); !ok || m.Remedy == "" || m.File != "x.scores.json" {
				t.Fatalf("%#v", err)
			}
			return
		}
		var all []*Score
		for d := range k.measurements {
			all = append(all, k.Score(d))
		}
		text := Encode(all...)
		again, err := Decode("x.scores.json", text)
		if err != nil {
			t.Fatalf("%s\nis refused: %v", text, err)
		}
		for _, s := range all {
			if got, want := fmt.Sprintf("%+v", again.Score(s.Digest)), fmt.Sprintf("%+v", s); got != want {
				t.Fatalf("%s\ncomes back as %s", want, got)
			}
		}
	})
}

// TestTooMuchToKeep: what can't be read again is not written; the scores themselves always are.
func TestTooMuchToKeep(t *testing.T) {
	s := &Score{Digest: digest.Describe("s").Sum()}
	s.Value, s.N = 0.5, 200
	for i := range s.N {
		s.Documents = append(s.Documents, results.Document{ID: fmt.Sprint(i), Value: float64(i % 2), Weight: 1})
	}
	full, few := encodeWithin(1<<20, s), encodeWithin(600, s)
	for text, documents := range map[string]int{string(full): 200, string(few): 0} {
		k, err := Decode("f", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := k.Score(s.Digest); got.Value != 0.5 || got.N != 200 || len(got.Documents) != documents {
			t.Errorf("%d documents, %+v", len(got.Documents), got.Measurement)
		}
	}
	if len(few) > 600 || !strings.Contains(string(few), "0.5") {
		t.Errorf("%s", few)
	}
}
