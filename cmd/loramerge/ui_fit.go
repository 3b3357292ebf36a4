package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loramerge/loramerge/merge/evaluate"
)

// column is one of a table that fits the terminal.
type column struct {
	name  string
	least int  // columns of the terminal that it may be shortened to; 0 for a column that is never shortened
	drop  int  // which is left out first where there is no room, from 1 on; 0 for one that stays
	list  bool // of items with commas between
}

const (
	gutter  = 2  // between two columns
	telling = 40 // columns of the terminal in which a text says what matters of it
)

// fitted prints a table in the room that there is: what is long is shortened in the middle, and if
// that is not enough, columns are left out. With all of it, the table is as wide as it is.
func (u *ui) fitted(columns []column, rows [][]string, all bool) {
	room := math.MaxInt
	if !all {
		room = u.roomForResults()
	}
	shown, widths := fit(columns, rows, room)
	t := evaluate.Table{}
	for _, i := range shown {
		t.Heading = append(t.Heading, columns[i].name)
	}
	for _, row := range rows {
		var cells []string
		for _, i := range shown {
			cells = append(cells, columns[i].shorten(row[i], widths[i]))
		}
		t.Rows = append(t.Rows, cells)
	}
	u.grid(t)
}

// roomForResults is how wide a table may be.
func (u *ui) roomForResults() int {
	if u.room == nil {
		return math.MaxInt
	}
	return u.room()
}

// fit chooses the columns that are shown, and gives each its width.
func fit(columns []column, rows [][]string, room int) (shown []int, widths []int) {
	widths = make([]int, len(columns))
	for i, c := range columns {
		shown, widths[i] = append(shown, i), utf8.RuneCountInString(c.name)
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	// A path that is somewhat shorter says more than a column that is left out, a stump less.
	readable := func(i int) int { return min(widths[i], max(columns[i].least, min(telling, widths[i]*2/3))) }
	for over(columns, shown, widths, room, readable) > 0 {
		first := -1
		for _, i := range shown {
			if drop := columns[i].drop; drop > 0 && (first < 0 || drop < columns[first].drop) {
				first = i
			}
		}
		if first < 0 {
			break
		}
		shown = slices.DeleteFunc(shown, func(i int) bool { return i == first })
	}
	least := func(i int) int { return min(widths[i], columns[i].least) }
	narrow(columns, shown, widths, room, least)
	return shown, widths
}

// over is by how much a table is too wide whose columns have been shortened as far as may be.
func over(columns []column, shown, widths []int, room int, least func(int) int) int {
	total := gutter * (len(shown) - 1)
	for _, i := range shown {
		if columns[i].least > 0 {
			total += least(i)
		} else {
			total += widths[i]
		}
	}
	return total - room
}

// narrow takes from the widest column that may be shortened until the table fits.
func narrow(columns []column, shown, widths []int, room int, least func(int) int) {
	whole := func(i int) int { return widths[i] }
	for over(columns, shown, widths, room, whole) > 0 {
		widest := -1
		for _, i := range shown {
			if columns[i].least > 0 && widths[i] > columns[i].least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

// shorten leaves of a list the first, and of other text both ends.
func (c column) shorten(text string, columns int) string {
	items := strings.Split(text, ", ")
	if !c.list || len(items) < 2 || utf8.RuneCountInString(text) <= columns {
		return shorten(text, columns)
	}
	for n := len(items) - 1; n > 0; n-- {
		some := fmt.Sprintf("%s, +%d", strings.Join(items[:n], ", "), len(items)-n)
		if utf8.RuneCountInString(some) <= columns {
			return some
		}
	}
	rest := fmt.Sprintf(", +%d", len(items)-1)
	return shorten(items[0], columns-len(rest)) + rest
}

// shorten takes out the middle of a text: of a path and of a hash both ends say most.
func shorten(text string, columns int) string {
	runes := []rune(text)
	if len(runes) <= columns || columns < 3 {
		return text
	}
	head := (columns - 1) / 2
	tail := columns - 1 - head
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}

// shortHash is a digest by which people compare; other text stays.
func shortHash(text string) string {
	const digest = len("sha256:") + 64
	if len(text) != digest || text[:7] != "sha256:" {
		return text
	}
	return text[:7+8] + "…" + text[digest-4:]
}
