package recipe

import (
	"fmt"
	"testing"
)

// Distances by hand: letters put in, left out or changed, and neighbours swapped, are one each.
func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		x, y string
		want int
	}{
		{"", "", 0}, {"trim", "trim", 0}, {"trim", "tirm", 1}, {"trim", "tri", 1}, {"trim", "trims", 1}, {"trim", "trom", 1},
		{"density", "desnity", 1}, {"abcd", "badc", 2}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"é", "e", 1},
	} {
		if got := editDistance(c.x, c.y, 10); got != c.want {
			t.Errorf("%q to %q: got %d", c.x, c.y, got)
		}
		if got := editDistance(c.y, c.x, 10); got != c.want {
			t.Errorf("%q to %q: got %d", c.y, c.x, got)
		}
	}
	if got := editDistance("kitten", "sitting", 2); got != 2 {
		t.Errorf("the limit was passed: %d", got)
	}
}

func TestNearest(t *testing.T) {
	words := []string{"density", "scope", "rescale"}
	for word, want := range map[string]string{"densty": "density", "scoep": "scope", "rescal": "rescale", "colour": "", "": ""} {
		if got, ok := Nearest(word, words); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v", word, got, ok)
		}
	}
	if got, ok := Nearest("x", nil); ok {
		t.Errorf("of nothing: %q", got)
	}
}

func TestUnknownName(t *testing.T) {
	got := UnknownName(placeAt(3, 7), "adapter", "sqll", []string{"sql", "python"}, "flows out of a").Error()
	if want := `r.yaml:3:7: no adapter "sqll" flows out of a; did you mean "sql"?`; got != want {
		t.Errorf("got %s", got)
	}
}

// Of 74 names the five that are most like the word are listed, of a handful all.
func TestNearestFew(t *testing.T) {
	many := []string{"alpha", "beta"}
	for i := range 70 {
		many = append(many, fmt.Sprintf("model.layers.%d.self_attn.q_proj", i))
	}
	many = append(many, "qwert", "qwerz")
	for _, c := range []struct {
		known []string
		want  string
	}{
		{many, "known are: qwert, qwerz, alpha, beta, model.layers.0.self_attn.q_proj and 69 more"},
		{[]string{"alpha", "beta"}, "known are: alpha, beta"},
	} {
		if got := UnknownName(Position{}, "adapter", "qyyyyyt", c.known, "flows").Remedy; got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
