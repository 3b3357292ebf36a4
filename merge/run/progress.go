package run

import "sync"

// Progress is how far a run has come: the pass that it is at, and the whole of it by the work that
// its plan foresees.
type Progress struct {
	Surveying  bool  `json:"surveying"` // looking ahead; the same modules come again
	Modules    int   `json:"modules"`
	AllModules int   `json:"all_modules"`
	Bytes      int64 `json:"bytes"` // read from the inputs
	AllBytes   int64 `json:"all_bytes"`
	// Done is the share of the whole run's work that is done, and Begun that which is done or in
	// progress; Expected is how long the whole run takes, in nanoseconds, or 0 where that is not
	// foreseen.
	Done     float64 `json:"done"`
	Begun    float64 `json:"begun"`
	Expected int64   `json:"expected_nanoseconds"`
}

// Tracker counts what is done.
type Tracker struct {
	mu     sync.Mutex
	now    Progress
	whole  *whole
	report func(Progress)
}

// whole is the work of a run, in nanoseconds of one core.
type whole struct {
	all, done, begun float64
	expected         int64
}

// NewTracker counts modules and the bytes that are read for them. report may be nil.
func NewTracker(modules int, bytes int64, surveying bool, report func(Progress)) *Tracker {
	return newTracker(&whole{}, modules, bytes, surveying, report)
}

func newTracker(of *whole, modules int, bytes int64, surveying bool, report func(Progress)) *Tracker {
	t := &Tracker{whole: of, report: report, now: Progress{Surveying: surveying, AllModules: modules, AllBytes: bytes}}
	if report != nil {
		t.tell()
	}
	return t
}

// tell needs the lock.
func (t *Tracker) tell() {
	if w := t.whole; w.all > 0 {
		t.now.Done, t.now.Begun, t.now.Expected = min(1, w.done/w.all), min(1, w.begun/w.all), w.expected
	}
	t.report(t.now)
}

// Done counts a module.
func (t *Tracker) Done(bytes int64) { t.finish(bytes, 0) }

// finish counts a module, and the work on it that has not been counted.
func (t *Tracker) finish(bytes int64, work float64) {
	if t.report == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Modules++
	t.now.Bytes += bytes
	t.whole.done, t.whole.begun = t.whole.done+work, t.whole.begun+work
	t.tell()
}

// works counts work that begins now, and when its result is called, that it is done.
func (t *Tracker) works(work float64) (end func()) {
	if t.report == nil {
		return func() {}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.whole.begun += work
	t.tell()
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.whole.done += work
		t.tell()
	}
}

// worthTelling is the least work inside a module that is counted by itself, in nanoseconds of one core.
const worthTelling = 1e7
