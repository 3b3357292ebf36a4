package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/internal/testgen/gen"
	"github.com/loramerge/loramerge/merge/relate"
)

// TestRelationFits: what is said of many adapters with long names, of different ranks and modules,
// fits the terminal, and prose never grows wider than is good to read.
func TestRelationFits(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for i, spec := range gen.Examples() {
		task := spec.Name
		for k := range 2 {
			spec.Name = fmt.Sprintf("an-adapter-with-a-long-name-for-%s-checkpoint-%d00", task, k)
			spec.Modules = spec.Modules[i:]
			paths = append(paths, filepath.Join(dir, spec.Name))
			if err := gen.Write(paths[len(paths)-1], spec); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := relate.Of(t.Context(), paths, relate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{80, 100, 200} {
		for _, line := range strings.Split(relationText(r, width), "\n") {
			most := width
			if strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "  ") {
				most = min(width, longestLine)
			}
			if n := utf8.RuneCountInString(line); n > most {
				t.Errorf("%d columns: %d in %q", width, n, line)
			}
		}
	}
	if text := relationText(r, 80); !strings.Contains(text, fmt.Sprintf("and %d more pairs, with cosines up to ±", len(r.Pairs)-mostPairs)) {
		t.Errorf("%s", text)
	}
	if text := relationText(r, 200); !strings.Contains(text, r.Pairs[0].X) {
		t.Errorf("there is room for the names in\n%s", text)
	}
}

func relationText(r *relate.Relation, width int) string {
	var out bytes.Buffer
	(&ui{out: &results{to: &out}, room: func() int { return width }}).relation(r)
	return out.String()
}

// TestRelationSteers: names from files steer no terminal.
func TestRelationSteers(t *testing.T) {
	bad := "x\x1b[2J\u202e\n"
	r := &relate.Relation{Adapters: []*relate.Adapter{{Name: bad, Base: bad, Notes: []string{bad}}, {Name: "b", Base: "y", Notes: []string{}}},
		Pairs: []*relate.Pair{{X: bad, Y: bad}}, Findings: []relate.Finding{{About: relate.Size, Text: bad, Page: bad}},
		Modules: relate.Modules{All: 2, Partial: []relate.Partial{{Kind: bad, Adapters: []string{bad}}}, Unlike: []string{bad}},
		Spaces:  []relate.Space{{Space: "delta", Obstacles: []relate.Obstacle{{Text: bad, Remedy: bad, Page: bad}}}},
		Draft:   relate.Draft{Rank: 1, Kept: []relate.Kept{{Rank: 1, Share: 1}}, Left: []string{bad}}}
	if text := relationText(r, 80); strings.ContainsFunc(text, func(c rune) bool { return c != '\n' && printable.Steers(c) }) {
		t.Errorf("%q", text)
	}
}
