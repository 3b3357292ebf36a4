package main

import (
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

	mu    sync.Mutex
	pass  pass
	began time.Time // of the pass
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
	if now.Modules == 0 {
		p.began = time.Now()
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
	p.pass.name, p.pass.took = p.doing, time.Since(p.began)
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

// pass is one walk over the modules.
type pass struct {
	name string
	now  run.Progress
	took time.Duration
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
	share := p.share()
	if share > 0 {
		left := time.Duration(float64(p.took) * (1 - share) / share)
		parts = append(parts, left.Round(time.Second).String()+" left")
	}
	parts = append(parts, fmt.Sprintf("%d/%d modules", p.now.Modules, p.now.AllModules), fmt.Sprintf("%s of %s", size(p.now.Bytes), size(p.now.AllBytes)))
	if seconds := p.took.Seconds(); share > 0 && seconds > 0 {
		parts = append(parts, size(int64(float64(p.now.Bytes)/seconds))+"/s")
	}
	return parts
}

// share is done of the bytes, by which modules take their time.
func (p pass) share() float64 {
	if p.now.AllBytes == 0 {
		return 0
	}
	return float64(p.now.Bytes) / float64(p.now.AllBytes)
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
