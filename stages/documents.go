package stages

import (
	"fmt"
	"strings"
)

// Documents are a range of an evaluator's documents, counted from 0, both ends included, or some of it.
type Documents struct {
	First, Last int
	Chosen      []int // those of the range that are meant, ascending, each once; nil for all
}

// Numbers are those of the documents, ascending.
func (d Documents) Numbers() []int {
	if d.Chosen != nil {
		return d.Chosen
	}
	all := make([]int, 0, d.Last-d.First+1)
	for n := d.First; n <= d.Last; n++ {
		all = append(all, n)
	}
	return all
}

// String is FIRST-LAST, or a list of the ranges and numbers that are chosen, as in 0-3,7,9-12. The
// same documents have the same text, since the digests of scores have it.
func (d Documents) String() string {
	if d.Chosen == nil || len(d.Chosen) == d.Last-d.First+1 {
		return fmt.Sprintf("%d-%d", d.First, d.Last)
	}
	var out []string
	for i := 0; i < len(d.Chosen); {
		first, last := d.Chosen[i], d.Chosen[i]
		for i++; i < len(d.Chosen) && d.Chosen[i] == last+1; i++ {
			last++
		}
		if first == last {
			out = append(out, fmt.Sprint(first))
		} else {
			out = append(out, fmt.Sprintf("%d-%d", first, last))
		}
	}
	return strings.Join(out, ",")
}
