package leftover

import (
	"errors"
	"io/fs"
	"testing"
)

// TestClear is the only test: behind Clear nothing goes on.
func TestClear(t *testing.T) {
	removed := make(map[string]int)
	remove := func(name string, err error) func() error {
		return func() error {
			removed[name]++
			return err
		}
	}
	failure := errors.New("busy")
	Register(remove("one", nil))
	Register(remove("gone already", fs.ErrNotExist))
	Register(remove("stuck", failure))
	Register(remove("forgotten", nil))()
	release := Hold()
	cleared := make(chan error)
	go func() { cleared <- Clear() }()
	select {
	case <-cleared:
		t.Fatal("it did not wait for who holds")
	default:
	}
	Register(remove("late", nil))
	release()
	if err := <-cleared; !errors.Is(err, failure) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	for name, want := range map[string]int{"one": 1, "gone already": 1, "stuck": 1, "late": 1, "forgotten": 0} {
		if removed[name] != want {
			t.Errorf("%s was removed %d times", name, removed[name])
		}
	}
}
