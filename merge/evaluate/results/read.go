package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
)

// Limits of what is read.
const (
	maxFile    = 1 << 30 // bytes of a file
	maxLine    = 64 << 20
	maxEntries = 100_000 // files and folders
)

// format is how an evaluator writes.
type format struct {
	find func(out string, files []string) ([]string, error) // which files may hold the result
	read func(files []string) (Run, error)
	many bool // one file a task
}

var formats = map[string]format{
	"json":      {find: byEnd(".json"), read: readOwn},
	"lm-eval":   {find: findLMEval, read: readLMEval},
	"inspect":   {find: byEnd(".json", ".eval"), read: readInspect, many: true},
	"promptfoo": {find: byEnd(".json", ".jsonl"), read: readPromptfoo},
}

// Formats are the names that [Read] takes, sorted.
func Formats() []string { return []string{"inspect", "json", "lm-eval", "promptfoo"} }

// Read reads the one result below a folder that was empty before the run. It panics for a
// format that is not in [Formats].
func Read(name, folder string) (Run, error) {
	f := of(name)
	files, err := regular(folder)
	if err != nil {
		return nil, err
	}
	found, err := f.find(folder, files)
	if err != nil {
		return nil, err
	}
	switch {
	case len(found) == 0:
		return nil, fault.In(folder, "the evaluator wrote no result%s", listed(", but ", files)).Mend("see its log; some evaluators exit with 0 after a failure. Its command must write below {out}")
	case len(found) > 1 && !f.many:
		return nil, fault.In(folder, "the evaluator wrote %d results%s", len(found), listed(": ", found)).Mend("give each run a folder of its own, {out}")
	}
	for i, file := range found {
		found[i] = filepath.Join(folder, file)
	}
	return f.read(found)
}

// ReadFile reads a result that is known by its path.
func ReadFile(name, file string) (Run, error) { return of(name).read([]string{file}) }

func of(name string) format {
	f, ok := formats[name]
	if !ok {
		panic("results: no format " + name)
	}
	return f
}

// regular are the regular files below a folder, by their paths in it.
func regular(folder string) ([]string, error) {
	var out []string
	entries := 0
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entries++; entries > maxEntries {
			return fault.In(folder, "has more than %d files", maxEntries).Mend("let the evaluator write its results to a folder of their own, {out}")
		}
		if entry.Type().IsRegular() {
			in, err := filepath.Rel(folder, path)
			out = append(out, in)
			return err
		}
		return nil
	})
	if _, ok := err.(*fault.Fault); err != nil && !ok {
		err = fault.In(folder, "").Because(err)
	}
	return out, err
}

func byEnd(ends ...string) func(string, []string) ([]string, error) {
	return func(_ string, files []string) ([]string, error) {
		return slices.DeleteFunc(slices.Clone(files), func(file string) bool { return !slices.Contains(ends, filepath.Ext(file)) }), nil
	}
}

// listed are some of the files.
func listed(before string, files []string) string {
	const most = 8
	if len(files) == 0 {
		return ""
	}
	var quoted []string
	for _, file := range files[:min(most, len(files))] {
		quoted = append(quoted, fault.Quote(filepath.ToSlash(file)))
	}
	if len(files) > most {
		quoted = append(quoted, "…")
	}
	return before + strings.Join(quoted, ", ")
}

// readJSON reads a file of one JSON value.
func readJSON(file string, into any) error {
	data, err := osfile.ReadUpTo(file, maxFile+1)
	if err != nil {
		return fault.In(file, "").Because(err)
	}
	if len(data) > maxFile {
		return tooLarge(file)
	}
	return parse(file, data, into)
}

func tooLarge(file string) error {
	return fault.In(file, "has more than %d bytes", maxFile).Mend("score fewer documents in one run, or leave transcripts out of the result")
}

func parse(file string, data []byte, into any) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return fault.In(file, "is empty").Mend("see the evaluator's log")
	}
	err := json.Unmarshal(words(data), into)
	if err != nil {
		return fault.In(file, "is not the JSON that was expected: %v", unlike(err)).Mend("see whether the evaluator was interrupted, and whether `format` names its format")
	}
	return nil
}

// unlike is an error of JSON without the types of Go.
func unlike(err error) error {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case !ok:
		return err
	case wrong.Field != "":
		return fmt.Errorf("%s is of type %s", wrong.Field, wrong.Value)
	}
	return fmt.Errorf("it is of type %s", wrong.Value)
}
