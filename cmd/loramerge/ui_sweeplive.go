package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/sweep"
	"github.com/loramerge/loramerge/recipe"
)

// liveSweep is how far a sweep is: on a terminal a few lines that are drawn anew as it goes on,
// elsewhere a line for each trial.
type liveSweep struct {
	ui    *ui
	goals []recipe.Goal
	rungs bool // trials are measured on ever more documents

	mu      sync.Mutex
	now     sweep.Event
	known   int // trials that were recorded before
	told    bool
	testing bool
	best    []*sweep.Trial
	working []*sweep.Trial
	began   time.Time
	lines   int // that are drawn
	clock   *time.Ticker
	over    chan struct{}
}

func (u *ui) liveSweep() *liveSweep { return &liveSweep{ui: u} }

// bestShown are as many trials as the live table has.
const bestShown = 5

func (l *liveSweep) update(e sweep.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = e
	same := func(t *sweep.Trial) bool { return t.Number == e.Trial.Number }
	switch {
	case e.Begins:
		if l.testing = l.testing || e.Testing; !slices.ContainsFunc(l.working, same) {
			l.working = append(l.working, e.Trial)
		}
	default:
		l.working = slices.DeleteFunc(l.working, same)
		l.best = append(slices.DeleteFunc(l.best, same), e.Trial)
		l.best = ranked(l.best)[:min(bestShown, len(l.best))]
	}
	if e.Known && e.Trial.Number > 0 {
		l.known++
	}
	if l.ui.terminal {
		l.draw()
	} else {
		l.say(e)
	}
}

// say tells of one trial where there is no terminal.
func (l *liveSweep) say(e sweep.Event) {
	if e.Known || e.Begins {
		return
	}
	if l.known > 0 && !l.told {
		l.told = true
		l.ui.logf("%s %s measured already\n", printable.Count(l.known, "trial"), printable.Choose(l.known, "is", "are"))
	}
	if e.Trial.Failed != "" {
		l.ui.logf("%s has failed: %s\n", trialName(e.Trial), e.Trial.Failed)
		return
	}
	var goals []string
	for i, g := range l.goals {
		goals = append(goals, g.String()+" "+goalText(e.Trial, g, i))
	}
	text := trialName(e.Trial) + ": " + strings.Join(goals, ", ")
	if l.rungs {
		text += " on " + printable.Count(e.Trial.Documents, "document")
	}
	l.ui.logf("%s\n", text)
}

// goalText is a goal for a table.
func goalText(t *sweep.Trial, g recipe.Goal, at int) string {
	value, ok := t.Shown(g, at)
	if !ok {
		return "–"
	}
	return fmt.Sprintf("%.4g", value)
}

// draw puts the table over the one before.
func (l *liveSweep) draw() {
	if l.clock == nil {
		l.began, l.clock, l.over = time.Now(), time.NewTicker(time.Second), make(chan struct{})
		go l.follow(l.clock.C, l.over)
	}
	l.erase()
	lines := l.table()
	room := l.ui.width() - 1
	for i, line := range lines {
		lines[i] = cut(printable.Line(line), room)
	}
	io.WriteString(l.ui.err, strings.Join(lines, "\n")+"\n")
	l.lines = len(lines)
}

func (l *liveSweep) table() []string {
	e := l.now
	share := float64(e.Done) / float64(max(1, e.All))
	head := fmt.Sprintf("sweeping %s %d/%d trials", bar(share, 30), e.Done, e.All)
	if l.ui.interrupted.Load() {
		head = "stopping" + strings.TrimPrefix(head, "sweeping")
	}
	if fresh := e.Done - l.known; fresh > 0 && e.Done < e.All {
		left := time.Since(l.began) * time.Duration(e.All-e.Done) / time.Duration(fresh)
		head += ", about " + left.Round(time.Second).String() + " left"
	}
	lines := []string{head}
	for _, t := range l.best {
		var goals []string
		for i, g := range l.goals {
			goals = append(goals, g.String()+" "+goalText(t, g, i))
		}
		lines = append(lines, "  "+strings.Join(goals, "  ")+"  "+trialName(t))
	}
	if len(l.working) > 0 {
		var names []string
		for _, t := range l.working {
			names = append(names, trialName(t))
		}
		doing := "measuring "
		if l.testing {
			doing = "scoring on `test`: "
		}
		lines = append(lines, doing+strings.Join(names, ", "))
	}
	return lines
}

func (l *liveSweep) erase() {
	if l.lines > 0 {
		fmt.Fprintf(l.ui.err, "\r\x1b[%dA\x1b[J", l.lines)
		l.lines = 0
	}
}

func (l *liveSweep) follow(tick <-chan time.Time, over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case <-tick:
			l.mu.Lock()
			if l.clock != nil {
				l.draw()
			}
			l.mu.Unlock()
		}
	}
}

// finish takes the live table away.
func (l *liveSweep) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.clock == nil {
		return
	}
	l.clock.Stop()
	close(l.over)
	l.clock = nil
	l.erase()
}

// cut shortens a line to so many columns.
func cut(line string, columns int) string {
	if utf8.RuneCountInString(line) <= columns || columns < 1 {
		return line
	}
	return string([]rune(line)[:columns-1]) + "…"
}
