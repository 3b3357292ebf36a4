package sweep

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/overwrite"
)

// records are what a sweep's folder holds: those of this process's own file and of all others.
type records struct {
	folder string
	own    string // the name of the file that this process appends to

	mu     sync.Mutex
	file   *os.File // nil until something is appended
	read   map[string]int64
	byKey  map[digest.Digest]*Record
	strays map[string]int // lines of a file that are no records
}

// recordFile knows the files of a sweep by their names.
var recordFile = regexp.MustCompile(`^(trials|rank-\d+-of-\d+)\.jsonl$`)

// FileOf is the name of the file of a driver, or of one of several ranks.
func FileOf(rank, ranks int) string {
	if ranks == 0 {
		return "trials.jsonl"
	}
	return fmt.Sprintf("rank-%d-of-%d.jsonl", rank, ranks)
}

func openRecords(folder, own string) (*records, error) {
	r := &records{folder: folder, own: own, read: make(map[string]int64), byKey: make(map[digest.Digest]*Record), strays: make(map[string]int)}
	return r, r.refresh()
}

// refresh reads what was appended to any file since the last time. A line counts when it is
// whole: another process may be writing the last one just now, or was killed while it did.
func (r *records) refresh() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	entries, err := os.ReadDir(r.folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fault.In(r.folder, "the records of the sweep can't be read").Because(err).Mend("name another folder with --folder")
	}
	for _, entry := range entries {
		if !recordFile.MatchString(entry.Name()) {
			continue
		}
		if err := r.follow(entry.Name()); err != nil {
			return fault.In(filepath.Join(r.folder, entry.Name()), "the records of the sweep can't be read").Because(err).Mend("make it readable, or name another folder with --folder")
		}
	}
	return nil
}

// follow reads a file from where it was left.
func (r *records) follow(name string) error {
	path := filepath.Join(r.folder, name)
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Size() == r.read[name] {
		return nil
	}
	file, err := osfile.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Seek(r.read[name], io.SeekStart); err != nil {
		return err
	}
	block, rest, skipping := make([]byte, 64<<10), []byte(nil), false
	for {
		n, err := file.Read(block)
		rest = append(rest, block[:n]...)
		for {
			end := bytes.IndexByte(rest, '\n')
			if end < 0 {
				break
			}
			if r.read[name] += int64(end + 1); !skipping {
				r.take(name, rest[:end])
			}
			rest, skipping = rest[end+1:], false
		}
		if len(rest) > recordLimit {
			if !skipping {
				r.strays[name]++
			}
			r.read[name] += int64(len(rest))
			rest, skipping = nil, true
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// take takes a line in. What was measured counts more than a failure, and among equals the last.
func (r *records) take(name string, line []byte) {
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	record, err := readRecord(line)
	switch {
	case err != nil && isRecord(line):
		// Half of one, whose writer was killed.
	case err != nil:
		r.strays[name]++
	default:
		r.keep(record)
	}
}

func (r *records) keep(record *Record) {
	if old := r.byKey[record.Key]; old == nil || old.Error != "" || record.Error == "" {
		record.Set = nil // the trials have theirs
		r.byKey[record.Key] = record
	}
}

// forgetFailures lets trials that have failed count as not measured.
func (r *records) forgetFailures() {
	for key, record := range r.byKey {
		if record.Error != "" {
			delete(r.byKey, key)
		}
	}
}

// find is nil where nothing was measured under a key.
func (r *records) find(key digest.Digest) *Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byKey[key]
}

// writable makes the folder and the process's own file, before there is anything to lose.
func (r *records) writable() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != nil {
		return nil
	}
	unwritable := func(err error) error {
		return fault.In(r.folder, "the records of the sweep can't be written").Because(err).Mend("make the folder writable, or name another one with --folder")
	}
	if err := os.MkdirAll(r.folder, 0o777); err != nil {
		return unwritable(err)
	}
	path := filepath.Join(r.folder, r.own)
	file, err := overwrite.Rule{}.Append(path, overwrite.Begins(isRecord))
	if err != nil {
		return unwritable(err)
	}
	if whole, err := endsLine(path); err != nil || !whole {
		if err == nil {
			_, err = file.Write([]byte{'\n'}) // after what a killed process has left of a line
		}
		if err != nil {
			file.Close()
			return unwritable(err)
		}
	}
	r.file = file
	return nil
}

// isRecord knows a file of records by how it begins, which may be all that was written of it before
// the machine failed: a part of a line, or the zeros that file systems leave then.
func isRecord(head []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimLeft(head, "\x00\n"), []byte{'\n'})
	return bytes.HasPrefix(first, []byte(recordBegins)) || bytes.HasPrefix([]byte(recordBegins), first)
}

// endsLine reports whether what is appended to a file begins a line.
func endsLine(path string) (bool, error) {
	file, err := osfile.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return true, err
	}
	last := make([]byte, 1)
	_, err = file.ReadAt(last, info.Size()-1)
	return last[0] == '\n', err
}

// append puts a record to the end of the process's own file, for good.
func (r *records) append(record *Record) error {
	line, err := record.line()
	if err != nil {
		return err
	}
	if err := r.writable(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err = r.file.Write(line)
	if err == nil {
		err = r.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("the records of the sweep: %w", err)
	}
	r.keep(record)
	return nil
}

func (r *records) close() {
	if r.file != nil {
		r.file.Close()
	}
}

// warnings tell of lines that are no records.
func (r *records) warnings() (out []error) {
	var names []string
	for name := range r.strays {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		out = append(out, fault.In(filepath.Join(r.folder, name), "lines that are no records of a sweep: %d, which do not count", r.strays[name]).Mend("delete them"))
	}
	return out
}
