package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/loramerge/loramerge/merge/run"
)

// progress is a line on a terminal, drawn anew as the work goes on, and silence elsewhere.
type progress struct {
	ui    *ui
	doing string // what a pass is called that is no survey
	unit  string // what is counted beside bytes

	mu    sync.Mutex
	pass  pass
	first time.Time // when the run began to tell
	began time.Time // of the pass
	last  time.Time // when work was last done
	shown float64   // the share, which never becomes less
	drawn int       // columns
	clock *time.Ticker
	over  chan struct{} // closed in the end
}

func (u *ui) progress(doing string) *progress { return &progress{ui: u, doing: doing} }

// redraw is often enough for the eye.
const redraw = 100 * time.Millisecond

// update notes how far the work is; the line follows in its own time, also while a
// module takes long.
func (p *progress) update(now run.Progress) {
	if !p.ui.terminal {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at := time.Now()
	if p.first.IsZero() {
		p.first, p.last = at, at
	}
	if now.Modules == 0 && (p.pass.now.Modules > 0 || p.began.IsZero()) {
		p.began = at
	}
	if now.Done > p.pass.now.Done {
		p.last = at
	}
	p.pass.now = now
	if p.clock == nil {
		p.clock, p.over = time.NewTicker(redraw), make(chan struct{})
		p.draw()
		go p.follow(p.clock.C, p.over)
	}
}

func (p *progress) follow(tick <-chan time.Time, over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case <-tick:
			p.mu.Lock()
			if p.clock != nil {
				p.draw()
			}
			p.mu.Unlock()
		}
	}
}

// finish takes the line away.
func (p *progress) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.clock == nil {
		return
	}
	p.clock.Stop()
	close(p.over)
	p.clock = nil
	p.drawn = p.room() // an interrupt has left its ^C after the line
	p.put("")
	io.WriteString(p.ui.err, "\r")
}

func (p *progress) draw() {
	p.pass.unit = p.unit
	p.pass.name, p.pass.took, p.pass.elapsed, p.pass.since = p.doing, time.Since(p.began), time.Since(p.first), time.Since(p.last)
	p.shown = max(p.shown, p.pass.foreseen())
	p.pass.shown = p.shown
	if p.pass.now.Surveying {
		p.pass.name = "surveying"
	}
	if p.ui.interrupted.Load() {
		p.pass.name = "stopping"
	}
	p.put(p.pass.line(p.room()))
}

// put writes a line over the one before, with spaces, which every terminal knows.
func (p *progress) put(line string) {
	columns := utf8.RuneCountInString(line)
	rest := min(p.drawn, p.room()) - columns
	fmt.Fprintf(p.ui.err, "\r%s%s", line, strings.Repeat(" ", max(0, rest)))
	p.drawn = columns
}

// room is without the last column, in which some terminals begin a new line.
func (p *progress) room() int { return p.ui.width() - 1 }

// pass is one walk over the modules, of which a run has several.
type pass struct {
	name    string
	unit    string // what is counted beside bytes; of a run it is modules
	now     run.Progress
	took    time.Duration
	elapsed time.Duration // since the run began
	since   time.Duration // work was last done
	shown   float64       // the share of the run that is done, at least
}

// line shows as much of the pass as fits into a width: first how far it is and when it
// will be over.
func (p pass) line(width int) string {
	head := fmt.Sprintf("%s %d %%", p.name, int(100*p.share()))
	var tail string
	for _, part := range p.parts() {
		if utf8.RuneCountInString(head+tail+", "+part) > width {
			break
		}
		tail += ", " + part
	}
	bar := bar(p.share(), width-utf8.RuneCountInString(head+tail)-1)
	if bar == "" {
		return head + tail
	}
	return head + " " + bar + strings.TrimPrefix(tail, ",")
}

// parts are in the order of their use to the reader.
func (p pass) parts() []string {
	var parts []string
	if left, known := p.left(); known {
		parts = append(parts, left.Round(time.Second).String()+" left")
	}
	parts = append(parts, fmt.Sprintf("%d/%d %s", p.now.Modules, p.now.AllModules, cmp.Or(p.unit, "modules")), fmt.Sprintf("%s of %s", size(p.now.Bytes), size(p.now.AllBytes)))
	if seconds := p.took.Seconds(); p.now.Bytes > 0 && seconds > 0 {
		parts = append(parts, size(int64(float64(p.now.Bytes)/seconds))+"/s")
	}
	return parts
}

// share is done of the run by the work that is foreseen, or of the pass by bytes where none is.
func (p pass) share() float64 {
	switch {
	case p.now.Expected > 0:
		return max(p.shown, p.foreseen())
	case p.now.AllBytes > 0:
		return float64(p.now.Bytes) / float64(p.now.AllBytes)
	}
	return 0
}

// foreseen is the share of the work that is done, and of the work in progress what should be done by
// now.
func (p pass) foreseen() float64 {
	if p.now.Expected == 0 {
		return 0
	}
	const mostly = 0.9 // of what is in progress: it may take longer
	return p.now.Done + min(mostly*(p.now.Begun-p.now.Done), p.since.Seconds()/p.whole().Seconds())
}

// whole is how long all of the run takes: at first what was foreseen, and more and more what it
// has taken so far.
func (p pass) whole() time.Duration {
	foreseen, done := float64(p.now.Expected), p.now.Done
	if done == 0 {
		return time.Duration(foreseen)
	}
	trust := min(1, done/trusted)
	return time.Duration((1-trust)*foreseen + trust*float64(p.elapsed-p.since)/done)
}

// trusted is the share from which on a run's own pace says how long it takes.
const trusted = 0.25

// left is the time until the end.
func (p pass) left() (time.Duration, bool) {
	share := p.share()
	switch {
	case p.now.Expected > 0:
		return time.Duration(float64(p.whole()) * (1 - share)), true
	case share > 0:
		return time.Duration(float64(p.took) * (1 - share) / share), true
	}
	return 0, false
}

// bar is at most so many columns, or empty where they are too few to see anything.
func bar(share float64, columns int) string {
	const narrowest, widest = 12, 40
	if columns < narrowest {
		return ""
	}
	inside := min(columns, widest) - 2
	full := int(share * float64(inside))
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", inside-full) + "]"
}
