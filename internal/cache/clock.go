package cache

import (
	"errors"
	"os"
	"sync/atomic"
	"time"
)

// clock is the file system's: the time that it last gave to a file that was
// written here. It is compared with times of other files of the same file
// system only, so a network share's clock may differ from the machine's.
type clock struct{ nanoseconds atomic.Int64 }

// see takes the time from a file that has just been written.
func (k *clock) see(file *os.File) error {
	info, err := file.Stat()
	if err == nil {
		k.nanoseconds.Store(info.ModTime().UnixNano())
	}
	return err
}

// latest is in 1970, before any use, if nothing could be written.
func (k *clock) latest() time.Time { return time.Unix(0, k.nanoseconds.Load()) }

// now asks the file system for its time, by a file that it creates.
func (c *Cache) now() (time.Time, error) {
	err := persist(func() error { return c.touch(string(c.contents)) })
	return c.clock.latest(), err
}

func (c *Cache) touch(folder string) error {
	file, forget, err := createIn(folder)
	if err != nil {
		return err
	}
	defer forget()
	return errors.Join(c.clock.see(file), file.Close(), os.Remove(file.Name()))
}
