package run

import "sync"

// Progress is how far a run has come.
type Progress struct {
	Surveying  bool  `json:"surveying"` // looking ahead; the same modules come again
	Modules    int   `json:"modules"`
	AllModules int   `json:"all_modules"`
	Bytes      int64 `json:"bytes"` // read from the inputs
	AllBytes   int64 `json:"all_bytes"`
}

// Tracker counts what is done.
type Tracker struct {
	mu     sync.Mutex
	now    Progress
	report func(Progress)
}

// NewTracker counts modules and the bytes that are read for them. report may be nil.
func NewTracker(modules int, bytes int64, surveying bool, report func(Progress)) *Tracker {
	t := &Tracker{report: report, now: Progress{Surveying: surveying, AllModules: modules, AllBytes: bytes}}
	if report != nil {
		report(t.now)
	}
	return t
}

// Done counts a module.
func (t *Tracker) Done(bytes int64) {
	if t.report == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Modules++
	t.now.Bytes += bytes
	t.report(t.now)
}
