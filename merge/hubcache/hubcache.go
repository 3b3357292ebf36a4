// Package hubcache finds the adapters that recipes load from the Hugging Face Hub in the cache of
// its libraries, at the commits that recipes' locks pin. It makes no connection.
//
//	p, err := merge.Load("merge.yaml", plan.Options{Find: hubcache.OfProcess().Find})
package hubcache

import (
	"os"
	"sync"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/hub"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/stages"
)

// Finder finds references such as hf://OWNER/NAME@REVISION.
type Finder struct {
	cache hub.Cache
	locks sync.Map // of recipes' files: func() (map[string]string, error)
}

// OfProcess looks into the cache that the environment's variables name, as the Hub's libraries do.
func OfProcess() *Finder { return &Finder{cache: hub.OfProcess().Cache()} }

// Find is a stages.Finder. A reference that the lock beside the recipe names is found at the
// commit that the lock has for it.
func (f *Finder) Find(recipe, reference, file string) (stages.Found, error) {
	read, _ := f.locks.LoadOrStore(recipe, sync.OnceValues(func() (map[string]string, error) { return Pins(lockfile.Path(recipe)) }))
	pins, err := read.(func() (map[string]string, error))()
	if err != nil {
		return stages.Found{}, err
	}
	return f.FindPinned(recipe, reference, file, pins)
}

// Pinned is Find or, where locks are not to count, finds what the cache has of a branch now.
func (f *Finder) Pinned(locked bool) func(recipe, reference, file string) (stages.Found, error) {
	if locked {
		return f.Find
	}
	return func(recipe, reference, file string) (stages.Found, error) {
		return f.FindPinned(recipe, reference, file, nil)
	}
}

// FindPinned is Find with other pins than those of the recipe's lock.
func (f *Finder) FindPinned(recipe, reference, file string, pins map[string]string) (stages.Found, error) {
	resolved, err := Resolve(reference, pins)
	if err != nil {
		return stages.Found{}, err
	}
	asked := resolved.File(file)
	found, err := f.cache.Find(asked)
	if err == nil && file != "" { // a small one, which nothing else hashes before it is read
		err = hub.CheckBlob(found.Path, "")
	}
	fetched := recipe
	if info, err := os.Stat(recipe); err != nil || !info.Mode().IsRegular() {
		fetched = asked.String() // of a recipe in no file, such as one in git or on standard input
	}
	if missing, ok := err.(*fault.Fault); ok && missing.Remedy == "" {
		return stages.Found{}, missing.Mend("`loramerge fetch " + fetched + "` downloads it").See("nothing-is-fetched")
	} else if err != nil {
		return stages.Found{}, err
	}
	return stages.Found{Path: found.Path, Origin: resolved.At(found.Commit).String()}, nil
}

// Resolve reads a reference, and gives it the commit that pins, from references to origins, have for it.
// A pin of another repository or folder is none.
func Resolve(reference string, pins map[string]string) (hub.Reference, error) {
	asked, err := hub.Parse(reference)
	if err != nil || hub.IsCommit(asked.Revision) {
		return asked, err
	}
	if pin, err := hub.Parse(pins[reference]); err == nil && hub.IsCommit(pin.Revision) && pin.At(asked.Revision) == asked {
		return pin, nil
	}
	return asked, nil
}

// Pins are the origins that a lock has for references; none where there is no lock.
func Pins(path string) (map[string]string, error) {
	lock, err := lockfile.Read(path)
	if err != nil || lock == nil {
		return nil, err
	}
	return PinsOf(lock), nil
}

// PinsOf are the origins that a lock has for references.
func PinsOf(lock *lockfile.Lock) map[string]string {
	pins := make(map[string]string)
	for _, in := range lock.Inputs {
		if in.IsPinned() {
			pins[in.Path] = in.Origin
		}
	}
	return pins
}
