package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

var fitting = []column{{name: "STAGE", least: 8}, {name: "INPUTS", least: 10, list: true}, {name: "ALPHA", drop: 1}, {name: "BYTES", drop: 2}, {name: "CACHE"}}

// TestFitted: as much as there is room for, from the whole table down to what must be shown.
func TestFitted(t *testing.T) {
	rows := [][]string{
		{"in", "adapters/a-long-name, adapters/another, c, d", "16", "1.2 GiB", "hit"},
		{"a-stage/of-a-shorthand", "in", "16", "3.4 GiB", "miss"},
	}
	for _, c := range []struct {
		room int
		want []string
	}{
		{200, []string{
			"STAGE                   INPUTS                                        ALPHA  BYTES    CACHE",
			"in                      adapters/a-long-name, adapters/another, c, d  16     1.2 GiB  hit",
			"a-stage/of-a-shorthand  in                                            16     3.4 GiB  miss",
		}},
		{80, []string{
			"STAGE                   INPUTS                    ALPHA  BYTES    CACHE",
			"in                      adapters/a-long-name, +3  16     1.2 GiB  hit",
			"a-stage/of-a-shorthand  in                        16     3.4 GiB  miss",
		}},
		{40, []string{
			"STAGE            INPUTS            CACHE",
			"in               adapt…g-name, +3  hit",
			"a-stage…orthand  in                miss",
		}},
	} {
		var out bytes.Buffer
		u := &ui{out: &results{to: &out}, room: func() int { return c.room }}
		u.fitted(fitting, rows, false)
		var got []string
		for line := range strings.Lines(out.String()) {
			got = append(got, strings.TrimRight(line, "\n "))
			if utf8.RuneCountInString(line) > c.room+1 {
				t.Errorf("in %d columns: %q", c.room, line)
			}
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("in %d columns:\n%s\nnot\n%s", c.room, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// TestFit: a table that can be made narrow enough is, and one that is narrow enough stays whole.
func TestFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringMatching(`[a-zé/]{0,50}(, [a-z]{1,9}){0,4}`)
		var rows [][]string
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			rows = append(rows, []string{cell.Draw(t, "stage"), cell.Draw(t, "inputs"), "16", "1.0 KiB", "miss"})
		}
		room := rapid.IntRange(35, 300).Draw(t, "room") // the least is 8+10+5 and two gutters
		shown, widths := fit(fitting, rows, room)
		total := gutter * (len(shown) - 1)
		for _, i := range shown {
			total += widths[i]
			for _, row := range rows {
				if got := fitting[i].shorten(row[i], widths[i]); utf8.RuneCountInString(got) > widths[i] {
					t.Fatalf("%q has become %q, wider than %d", row[i], got, widths[i])
				}
			}
		}
		if total > room {
			t.Fatalf("%d columns in %d", total, room)
		}
		all, natural := fit(fitting, rows, 1<<20)
		whole := gutter * (len(all) - 1)
		for i := range natural {
			whole += natural[i]
		}
		if len(all) != len(fitting) || whole <= room && len(shown) < len(all) {
			t.Fatalf("columns are left out where there is room")
		}
	})
}

// TestShorten: both ends stay, and hashes are short enough to compare by eye.
func TestShorten(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{{"testdata/adapters/python", 11, "testd…ython"}, {"short", 5, "short"}, {"adapters", 2, "adapters"}} {
		if got := shorten(c.text, c.columns); got != c.want {
			t.Errorf("%q in %d columns is %q, not %q", c.text, c.columns, got, c.want)
		}
	}
	hash := "sha256:0123456789" + strings.Repeat("x", 50) + "abcd"
	for text, want := range map[string]string{hash: "sha256:01234567…abcd", "0.5": "0.5", hash + "e": hash + "e"} {
		if got := shortHash(text); got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}
