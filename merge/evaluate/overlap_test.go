package evaluate

import (
	"testing"

	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// TestOverlap: documents are in both splits if they are the same ones, and not if a command numbers
// those of each run from 0.
func TestOverlap(t *testing.T) {
	of := func(contents []string, ids string, values ...float64) *Score {
		s := new(Score)
		for i, v := range values {
			d := results.Document{ID: ids[i : i+1], Value: v, Weight: 1}
			if contents != nil {
				d.Content = contents[i]
			}
			s.Documents = append(s.Documents, d)
		}
		return s
	}
	for _, c := range []struct {
		name string
		a, b *Score
		want int
	}{
		{"apart", of(nil, "abc", 1, 2, 3), of(nil, "def", 1, 2, 3), 0},
		{"the same", of(nil, "abc", 1, 2, 3), of(nil, "abc", 1, 2, 3), 3},
		{"some", of(nil, "abc", 1, 2, 3), of(nil, "bcd", 2, 3, 4), 2},
		{"counted from 0", of(nil, "abc", 1, 2, 3), of(nil, "abc", 1, 2, 4), 0},
		{"all wrong, counted from 0", of(nil, "abc", 0, 0, 0), of(nil, "abc", 0, 0, 0), 0},
		{"the same contents", of([]string{"x", "y"}, "ab", 0, 0), of([]string{"x", "y"}, "ab", 0, 0), 2},
		{"the same contents, drawn anew", of([]string{"x", "y"}, "ab", 0, 0), of([]string{"x", "y"}, "ab", 0, 1), 2},
		{"other contents", of([]string{"x", "y"}, "ab", 1, 2), of([]string{"v", "w"}, "ab", 1, 2), 0},
		{"no documents", new(Score), of(nil, "abc", 1, 2, 3), 0},
		{"no score", nil, of(nil, "abc", 1, 2, 3), 0},
	} {
		if got := Overlap(c.a, c.b); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
