package outdir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"
)

// calls are the steps that the file system may refuse, gathered so that a test can refuse each in turn.
type calls struct {
	Lstat      func(path string) (fs.FileInfo, error)
	ReadDir    func(path string) ([]fs.DirEntry, error)
	WalkDir    func(root string, visit fs.WalkDirFunc) error
	Mkdir      func(path string, mode fs.FileMode) error
	MkdirTemp  func(parent, pattern string) (string, error)
	WriteFile  func(path string, data []byte, mode fs.FileMode) error
	Lock       func(path string, flag int) (*flock.Flock, error)
	SyncFile   func(path string) error
	SyncFolder func(path string) error
	Rename     func(from, to string) error
	Exchange   func(a, b string) error
	Remove     func(path string) error
	RemoveAll  func(path string) error
}

var system = calls{
	Lstat:      os.Lstat,
	ReadDir:    os.ReadDir,
	WalkDir:    filepath.WalkDir,
	Mkdir:      os.Mkdir,
	MkdirTemp:  os.MkdirTemp,
	WriteFile:  os.WriteFile,
	Lock:       takeLock,
	SyncFile:   syncFile,
	SyncFolder: syncFolder,
	Rename:     os.Rename,
	Exchange:   exchange,
	Remove:     os.Remove,
	RemoveAll:  os.RemoveAll,
}

// syncFile opens for writing because Windows flushes no handle that cannot write.
func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// unsupported reports that the file system lacks the call, which is no fault. renameat2(2) and fsync(2)
// say EINVAL for it, flock(2) on NFS ENOLCK, and the others one of the errors of [errors.ErrUnsupported].
func unsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOLCK)
}

// raced reports that what a step had just seen was changed by another run.
func raced(err error) bool {
	return errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, errHeld)
}

// whileRaced repeats try as long as other runs get in between. Each repetition means that another run got
// ahead, so only something that is wrong for good, such as a dangling link among the parents, uses up all tries.
func whileRaced(try func() error) (err error) {
	for range 1000 {
		if err = try(); !raced(err) {
			return err
		}
	}
	return err
}
