package outdir

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

// errNoExchange is what Linux says on file systems without RENAME_EXCHANGE: renameat2(2), ERRORS.
const errNoExchange = syscall.EINVAL

// before lets step go ahead of every call, and its error stand for the call's.
func (c calls) before(step func(call, path string) error) calls {
	fields := reflect.ValueOf(&c).Elem()
	for i := range fields.NumField() {
		call, name := reflect.ValueOf(fields.Field(i).Interface()), fields.Type().Field(i).Name
		fields.Field(i).Set(reflect.MakeFunc(call.Type(), func(args []reflect.Value) []reflect.Value {
			err := step(name, args[0].String())
			if err == nil {
				return call.Call(args)
			}
			results := make([]reflect.Value, call.Type().NumOut())
			for i := range results {
				results[i] = reflect.Zero(call.Type().Out(i))
			}
			results[len(results)-1] = reflect.ValueOf(&err).Elem()
			return results
		}))
	}
	return c
}

// refusal refuses the calls from number first on, for as many as there are in a row.
type refusal struct {
	first, row int
	errno      syscall.Errno
	made       int
	path       string // of the last call that was refused
}

func (f *refusal) step(call, path string) error {
	f.made++
	if f.made < f.first || f.made >= f.first+f.row {
		return nil
	}
	f.path = path
	return &fs.PathError{Op: strings.ToLower(call), Path: path, Err: f.errno}
}

type faultTest func(t *testing.T, sys calls, f *refusal, target string)

// eachFault runs test with each call refused in turn, row calls at a time.
func eachFault(t *testing.T, row int, test faultTest) {
	for name, sys := range systems {
		for _, before := range []tree{nil, oldTree} {
			for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EIO, syscall.EACCES} {
				t.Run(fmt.Sprintf("%s, replaces %d files, %v", name, len(before), errno), func(t *testing.T) {
					t.Parallel()
					for n, refused := 1, true; refused; n++ {
						f := &refusal{first: n, row: row, errno: errno}
						t.Run(fmt.Sprint(n), func(t *testing.T) { f.run(t, test, sys, before) })
						refused = f.path != ""
					}
				})
			}
		}
	}
}

func (f *refusal) run(t *testing.T, test faultTest, sys calls, before tree) {
	target := filepath.Join(t.TempDir(), "made", "out")
	if before != nil {
		before.put(t, target)
	}
	test(t, sys.before(f.step), f, target)
}

// wantNamed checks that err names a fault's path and cause, if there was a fault.
func wantNamed(t *testing.T, err error, f *refusal) {
	t.Helper()
	if f.path == "" {
		must(t, err)
		return
	}
	if !errors.Is(err, f.errno) || !strings.Contains(err.Error(), f.path) {
		t.Errorf("error is %v, want it to name %s and %v", err, f.path, f.errno)
	}
}

// wantOldOrNew checks that target is what it was or the new folder, and that nothing is beside it.
func wantOldOrNew(t *testing.T, target string, before tree, placed bool) {
	t.Helper()
	want := before
	if placed {
		want = newTree
	}
	wantTree(t, target, want)
	if want != nil {
		wantOnly(t, filepath.Dir(target), filepath.Base(target))
		return
	}
	wantOnly(t, filepath.Dir(filepath.Dir(target)))
}

func TestOneFaultInCommit(t *testing.T) {
	eachFault(t, 1, func(t *testing.T, sys calls, f *refusal, target string) {
		before := readTree(t, target)
		d, err := newTree.stage(sys, target)
		if err == nil {
			err = d.Commit()
		}
		wantNamed(t, err, f)
		placed := d != nil && d.placed
		if err != nil && placed != strings.Contains(err.Error(), "is saved, but") {
			t.Errorf("target is new: %v, but the error is %v", placed, err)
		}
		if !placed {
			wantTree(t, target, before) // at once, not only after Abort
		}
		if d != nil {
			must(t, d.Abort())
		}
		wantOldOrNew(t, target, before, placed)
	})
}

func TestOneFaultInAbort(t *testing.T) {
	eachFault(t, 1, func(t *testing.T, sys calls, f *refusal, target string) {
		before := readTree(t, target)
		d, err := newTree.stage(sys, target)
		if d != nil {
			err = errors.Join(err, d.Abort())
		}
		wantNamed(t, err, f)
		if d != nil {
			must(t, d.Abort())
		}
		wantOldOrNew(t, target, before, false)
	})
}

// From some call on nothing works any more, removal included; then comes a new run on a sound system.
func TestLastingFault(t *testing.T) {
	const lasting = 1 << 30
	eachFault(t, lasting, func(t *testing.T, sys calls, f *refusal, target string) {
		before := readTree(t, target)
		d, err := newTree.stage(sys, target)
		if err == nil {
			err = d.Commit()
		}
		placed := d != nil && d.placed
		if d != nil {
			err = errors.Join(err, d.Abort())
		}
		wantNamed(t, err, f)
		must(t, Sweep(target))
		if !placed && before == nil {
			wantTree(t, target, nil)
			return // a sweep cannot know who made the parent
		}
		wantOldOrNew(t, target, before, placed)
	})
}

// What the file system lacks is no fault.
func TestMissingCalls(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EINVAL, syscall.ENOSYS, syscall.ENOTSUP, syscall.ENOLCK} {
		for _, missing := range []string{"Exchange", "Lock"} {
			target := filepath.Join(t.TempDir(), "out")
			oldTree.put(t, target)
			sys := system.before(func(call, path string) error {
				if call == missing {
					return &fs.PathError{Op: call, Path: path, Err: errno}
				}
				return nil
			})
			d, err := newTree.stage(sys, target)
			must(t, err)
			must(t, sys.sweep(target))
			must(t, d.Commit())
			wantOldOrNew(t, target, oldTree, true)
		}
	}
}
