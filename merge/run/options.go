package run

import (
	"runtime"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
)

// Options are how a plan is run; none of them changes a byte of the result.
type Options struct {
	Jobs      int          // modules in progress at once; 0 for one a processor
	Memory    int64        // bytes that the modules in progress may hold; 0 for DefaultMemory
	Beside    int          // runs at once, to which the caller has given equal parts of the memory; 0 for one
	Version   string       // of the program, for the lock and the card
	Lock      LockMode     // how to deal with the recipe's lock
	Hashes    plan.Hashes  // of files; nil to read them anew on every run
	Cache     *cache.Cache // of intermediate values between runs; nil for none
	CacheMode CacheMode
	Shared    map[digest.Digest]bool     // results that other plans have too: with CacheAuto, what is kept instead of what is costly; nil to go by costs
	CacheSize int64                      // bytes that the cache may hold after the run; 0 for DefaultCacheSize
	Redirect  func(target string) string // where to save instead; nil to save where the recipe says
	Measure   Measure                    // whether to find out what stages lose
	Find      plan.Finder                // of what the recipe of an output that is looked at names by references; nil for nothing
	Rates     Rates                      // of earlier runs, for the time that a run is expected to take
	Clock     func() int64               // nanoseconds, for the stages' times; nil for none
	Progress  func(Progress)             // called before the first module of each pass and after every one, from one goroutine at a time; may be nil

	AllowExec  bool             // to start the commands of evaluations; without it only known scores count
	Changed    bool             // they were allowed once, and have changed since or what they read has
	NoEvaluate bool             // to merge without scores, and check no gate
	Reevaluate bool             // to measure every score anew
	Baseline   *evaluate.Locked // instead of the recipe's lock, what gates compare with; nil for that
	Scratch    string           // the folder for adapters that are shown to commands, and for logs of those that fail; empty for the system's
	Warn       func(error)      // called by Score with what went wrong beside the scores, which are whole; may be nil
	Scoring    func(Scoring)    // called when a command starts and when it has ended, from one goroutine at a time; may be nil
}

// mayRun reports whether commands may be started.
func (o Options) mayRun() bool { return o.AllowExec && !o.NoEvaluate && o.Lock != LockFrozen }

// DefaultCacheSize is the limit of the cache.
const DefaultCacheSize = 10 << 30

// DefaultMemory is the budget for modules in progress: room for a dense merge of eight
// adapters of a 7B model, whose largest layers are 14336 × 4096.
const DefaultMemory = 4 << 30

// Filled is o with the defaults of what was left out.
func (o Options) Filled() Options {
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	if o.Memory <= 0 {
		o.Memory = DefaultMemory
	}
	if o.CacheSize <= 0 {
		o.CacheSize = DefaultCacheSize
	}
	if o.Clock == nil {
		o.Clock = func() int64 { return 0 }
	}
	if o.Hashes == nil {
		o.Hashes = plan.FreshHashes{}
	}
	if o.Redirect == nil {
		o.Redirect = func(target string) string { return target }
	}
	return o
}

// LockMode says how a run deals with the recipe's lock.
type LockMode uint8

const (
	// LockKeep writes a lock where there is none, holds the inputs to the one there
	// is, and follows the recipe where that changed. On another class of matrix kernels
	// than the lock's, and with values for variables, it leaves the lock as it is.
	LockKeep LockMode = iota
	// LockFrozen refuses to run where the lock would change.
	LockFrozen
	// LockUpdate renews it.
	LockUpdate
	// LockIgnore neither reads nor writes it.
	LockIgnore
)

// CacheMode says which intermediate values a run keeps for later runs.
type CacheMode uint8

const (
	// CacheAuto keeps what costs more to compute than to write and read again.
	CacheAuto CacheMode = iota
	CacheAll
	CacheOff
)

// Measure says whether a run finds out how far its results are from what they stand for.
type Measure uint8

const (
	// MeasureCheap measures what costs little beside the run itself.
	MeasureCheap Measure = iota
	MeasureAll
	MeasureNone
)
