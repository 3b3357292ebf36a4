package command

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/stages"
)

// Hasher gives the digest of a file's content.
type Hasher interface {
	Hash(ctx context.Context, path string) (digest.Digest, error)
}

// Digest is what the scores of a command depend on, but for what is scored: the words with
// their placeholders, the environment that the recipe sets, the declared version, the format, and
// the content of the inputs, which lie in dir or elsewhere. Timeouts, retries and which exit
// codes count have no part in it, nor has what Python compiles beside its sources.
func Digest(ctx context.Context, c *stages.Command, dir string, files Hasher) (digest.Digest, error) {
	d := describe(digest.Describe("evaluator"), c).Text(c.Format, c.Version)
	return content(ctx, d, dir, c.Inputs, files, func(name string) bool { return name == "__pycache__" })
}

// Execution is what running a recipe's commands would execute: their words, their environment, and the
// content of their inputs, and of the files in dir that are named in the words.
func Execution(ctx context.Context, commands []*stages.Command, dir string, files Hasher) (digest.Digest, error) {
	d := digest.Describe("execution").Text(strconv.Itoa(len(commands)))
	for _, c := range commands {
		own, err := content(ctx, describe(digest.Describe("command"), c), dir, append(Named(c, dir), c.Inputs...), files, func(string) bool { return false })
		if err != nil {
			return digest.Digest{}, err
		}
		d.Digests(own)
	}
	return d.Sum(), nil
}

func describe(d digest.Description, c *stages.Command) digest.Description {
	d.Text(strconv.Itoa(len(c.Run))).Text(c.Run...)
	d.Text(strconv.Itoa(len(c.Env)))
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		d.Text(name, c.Env[name])
	}
	return d
}

// content adds the names and digests of files and of what is in folders, each once, in the order of
// their names. Folders whose names are skipped are left out.
func content(ctx context.Context, d digest.Description, dir string, paths []string, files Hasher, skipped func(name string) bool) (digest.Digest, error) {
	paths = slices.Compact(slices.Sorted(slices.Values(paths)))
	for _, path := range paths {
		if err := addTree(ctx, d, path, filepath.Join(dir, filepath.FromSlash(path)), files, skipped); err != nil {
			return digest.Digest{}, err
		}
	}
	return d.Sum(), nil
}

func addTree(ctx context.Context, d digest.Description, name, path string, files Hasher, skipped func(name string) bool) error {
	if filepath.IsAbs(filepath.FromSlash(name)) {
		path = filepath.FromSlash(name)
	}
	root, err := filepath.EvalSymlinks(path)
	if err != nil {
		return unreadable(name, err)
	}
	return filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return unreadable(name, err)
		case entry.IsDir() && at != root && skipped(entry.Name()):
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		in, err := filepath.Rel(root, at)
		if err != nil {
			return err
		}
		sum, err := files.Hash(ctx, at)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return unreadable(filepath.ToSlash(filepath.Join(name, in)), err)
		}
		d.Text(name, filepath.ToSlash(in)).Digests(sum)
		return nil
	})
}

// unreadable: pipes, devices and links to folders too.
func unreadable(name string, err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return fault.In(name, "an input of the evaluator can't be read").Because(fault.Unplaced(err)).Mend("write its path from the recipe's folder on; it may be a file, or a folder of files")
}

// Named are the files in dir that a command's words name: programs that it executes, most likely.
func Named(c *stages.Command, dir string) []string {
	var out []string
	for _, word := range c.Run {
		_, value, _ := strings.Cut(word, "=") // as in --script=eval.py
		for _, path := range []string{word, value} {
			if path == "" || filepath.IsAbs(path) || len(path) > 4096 {
				continue
			}
			if file, err := osfile.Open(filepath.Join(dir, path)); err == nil {
				file.Close()
				out = append(out, filepath.ToSlash(filepath.Clean(path)))
			}
		}
	}
	return out
}

// Warnings are what a command should be asked about before its scores are believed, at the
// place where it is written: inputs that are not there, files whose change it would not notice, and
// evaluators' own caches, which know an adapter by its name and not by its bytes.
func Warnings(at fault.Position, c *stages.Command, dir string) (out []*fault.Fault) {
	for _, path := range c.Inputs {
		if _, err := os.Stat(stages.Resolve(dir, path)); errors.Is(err, fs.ErrNotExist) {
			out = append(out, fault.At(at, "there is no %s, which is an input of the command", fault.Quote(path)).Mend("write its path from the recipe's folder on, or put it there before the command is started").See("evaluator-commands"))
		}
	}
	for _, path := range Named(c, dir) {
		if !slices.ContainsFunc(c.Inputs, func(input string) bool { return within(path, input) }) {
			out = append(out, fault.At(at, "%s is not among the command's inputs: when it changes, scores stay as they are", fault.Quote(path)).Mend("add it: `inputs: ["+path+"]`").See("evaluator-commands"))
		}
	}
	has := func(flags ...string) bool {
		return slices.ContainsFunc(c.Run, func(word string) bool {
			word, _, _ = strings.Cut(word, "=")
			return slices.Contains(flags, word)
		})
	}
	switch {
	case c.Format == "lm-eval" && has("--use_cache", "-c"), c.Format == "inspect" && has("--cache"):
		out = append(out, fault.At(at, "the evaluator's own cache may give one adapter the answers of another").Mend("leave the cache out; scores are kept here").See("evaluator-commands"))
	case c.Format == "promptfoo" && !has("--no-cache"):
		out = append(out, fault.At(at, "promptfoo keeps answers for 14 days, by the provider's name and the prompt").Mend("add --no-cache; scores are kept here").See("evaluator-commands"))
	}
	return out
}

// within reports whether a path is an input, or lies in one that is a folder.
func within(path, input string) bool {
	in, err := filepath.Rel(filepath.FromSlash(input), filepath.FromSlash(path))
	return err == nil && filepath.IsLocal(in)
}
