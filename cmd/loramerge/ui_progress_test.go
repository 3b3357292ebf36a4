package main

import (
	"bytes"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/merge/run"
)

// TestPass: of what there is to tell, the most useful that fits.
func TestPass(t *testing.T) {
	half := pass{name: "merging", now: run.Progress{Modules: 56, AllModules: 224, Bytes: 40 << 20, AllBytes: 160 << 20}, took: 20 * time.Second}
	for _, c := range []struct {
		pass  pass
		width int
		want  string
	}{
		{half, 120, "merging 25 % [=========                             ] 1m0s left, 56/224 modules, 40 MiB of 160 MiB, 2.0 MiB/s"},
		{half, 79, "merging 25 %, 1m0s left, 56/224 modules, 40 MiB of 160 MiB, 2.0 MiB/s"},
		{half, 60, "merging 25 %, 1m0s left, 56/224 modules, 40 MiB of 160 MiB"},
		{half, 42, "merging 25 %, 1m0s left, 56/224 modules"},
		{half, 30, "merging 25 %, 1m0s left"},
		{half, 5, "merging 25 %"},
		{pass{name: "surveying", now: run.Progress{AllModules: 2, AllBytes: 2048}}, 60, "surveying 0 % [               ] 0/2 modules, 0 B of 2.0 KiB"},
		{pass{name: "merging"}, 20, "merging 0 %"},
	} {
		if got := c.pass.line(c.width); got != c.want {
			t.Errorf("in %d columns: %q, expected %q", c.width, got, c.want)
		}
	}
}

// TestPassForeseen: where the work is foreseen, its share of the whole run and the time left are
// known from the first moment, and go on inside a module that takes long.
func TestPassForeseen(t *testing.T) {
	second := int64(time.Second)
	for name, c := range map[string]struct {
		pass  pass
		share float64
		left  time.Duration
	}{
		"at the start":      {pass{now: run.Progress{Expected: 40 * second}}, 0, 40 * time.Second},
		"inside a module":   {pass{now: run.Progress{Expected: 40 * second, Begun: 0.5}, elapsed: 10 * time.Second, since: 10 * time.Second}, 0.25, 30 * time.Second},
		"one that is slow":  {pass{now: run.Progress{Expected: 40 * second, Begun: 0.5}, elapsed: time.Hour, since: time.Hour}, 0.45, 22 * time.Second},
		"half, as foreseen": {pass{now: run.Progress{Expected: 40 * second, Done: 0.5, Begun: 0.5}, elapsed: 20 * time.Second}, 0.5, 20 * time.Second},
		"half, in twice":    {pass{now: run.Progress{Expected: 40 * second, Done: 0.5, Begun: 0.5}, elapsed: 40 * time.Second}, 0.5, 40 * time.Second},
		"a tenth, in twice": {pass{now: run.Progress{Expected: 40 * second, Done: 0.1, Begun: 0.1}, elapsed: 8 * time.Second}, 0.1, 50400 * time.Millisecond}, // 0.9·(0.6·40 + 0.4·80)
		"never less":        {pass{now: run.Progress{Expected: 40 * second, Done: 0.5, Begun: 0.5}, elapsed: 20 * time.Second, shown: 0.6}, 0.6, 16 * time.Second},
	} {
		left, known := c.pass.left()
		if share := c.pass.share(); math.Abs(share-c.share) > 1e-9 || !known || (left-c.left).Abs() > time.Millisecond {
			t.Errorf("%s: %v done and %s left, not %v and %s", name, share, left, c.share, c.left)
		}
	}
}

// TestPassFits: but for its head, a line is never wider than it may be.
func TestPassFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.Int64Range(0, 1<<50).Draw(t, "all")
		now := run.Progress{Modules: rapid.IntRange(0, 1e6).Draw(t, "modules"), AllModules: 1e6, Bytes: rapid.Int64Range(0, all).Draw(t, "bytes"), AllBytes: all}
		width := rapid.IntRange(16, 300).Draw(t, "width")
		line := pass{name: "surveying", now: now, took: time.Duration(rapid.Int64Range(0, 1<<50).Draw(t, "took"))}.line(width)
		if utf8.RuneCountInString(line) > width {
			t.Fatalf("%d columns in %d: %q", utf8.RuneCountInString(line), width, line)
		}
	})
}

// TestProgress: a terminal sees each pass, that the work is being stopped, and nothing
// of it in the end.
func TestProgress(t *testing.T) {
	var out screen
	u := &ui{err: &out, terminal: true, width: func() int { return 60 }}
	p := u.progress("merging")
	p.update(run.Progress{Surveying: true, AllModules: 2, AllBytes: 2 << 20})
	out.await(t, "surveying 0 %")
	p.update(run.Progress{AllModules: 2, AllBytes: 4 << 20})
	p.update(run.Progress{Modules: 1, AllModules: 2, Bytes: 1 << 20, AllBytes: 4 << 20})
	out.await(t, "merging 25 %")
	u.interrupted.Store(true)
	out.await(t, "stopping 25 %")
	p.finish()
	last := out.String()[strings.LastIndex(strings.TrimRight(out.String(), "\r"), "\r"):]
	if strings.TrimSpace(last) != "" || len(last) < len("stopping 25 %") {
		t.Errorf("it ends with %q", last)
	}
	p.finish()
}

// TestProgressInPipe: elsewhere there is nothing to see.
func TestProgressInPipe(t *testing.T) {
	var out screen
	p := (&ui{err: &out}).progress("merging")
	p.update(run.Progress{Modules: 1, AllModules: 1, Bytes: 1, AllBytes: 1})
	p.finish()
	if out.String() != "" {
		t.Errorf("it wrote %q", out.String())
	}
}

// screen is what was written to a terminal.
type screen struct {
	mu sync.Mutex
	bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Buffer.Write(p)
}

func (s *screen) shows(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.Buffer.String(), text)
}

// await waits for a text, which is drawn in its own time.
func (s *screen) await(t *testing.T, text string) {
	t.Helper()
	for range 1000 {
		if s.shows(text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no %q in %q", text, s.String())
}
