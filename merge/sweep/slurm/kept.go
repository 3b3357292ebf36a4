package slurm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/outdir"
)

// state is the file that says which array was submitted.
func (d *Driver) state() string { return filepath.Join(d.Job.logs(), "array.json") }

// keep records the array, by its name before it is submitted and by its number after.
func (d *Driver) keep() error {
	text, err := json.Marshal(d.at)
	if err != nil {
		return err
	}
	return outdir.WriteFile(d.state(), append(text, '\n'))
}

// kept is the array that an earlier driver has submitted and not seen end, or nil.
func (d *Driver) kept(ctx context.Context) (*Array, error) {
	text, err := osfile.ReadUpTo(d.state(), 1<<16)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	kept := new(Array)
	if err == nil {
		err = json.Unmarshal(text, kept)
	}
	if err == nil && kept.Job != "" && !isNumber(kept.Job) {
		err = fmt.Errorf("%q is not the number of a job", kept.Job)
	}
	if err != nil {
		return nil, fault.In(d.state(), "the record of the job that was submitted can't be read").Because(fault.Unplaced(err)).Mend("look for the job with `squeue --me`, and remove the file")
	}
	if kept.Job == "" {
		if found, err := kept.find(ctx, d.Start); err != nil {
			return nil, fmt.Errorf("looking for the job that was submitted last: %w", err)
		} else if !found {
			return nil, nil
		}
	}
	return kept, nil
}

// forget removes the record of an array that has ended.
func (d *Driver) forget() error {
	d.at = nil
	if err := os.Remove(d.state()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Log is the log of a task.
func (j Job) Log(a Array, task Task) string {
	name := a.Job + ".log"
	if task.Index >= 0 {
		name = fmt.Sprintf("%s_%d.log", a.Job, task.Index)
	}
	return filepath.Join(j.logs(), name)
}

// LastLine is the last line of a log that is not empty, or nothing if there is no log.
func LastLine(path string) string {
	const most = 4 << 10
	file, err := osfile.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	end := make([]byte, min(most, info.Size()))
	if _, err := file.ReadAt(end, info.Size()-int64(len(end))); err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(end)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
