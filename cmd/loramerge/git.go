package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/recipe"
)

// revision is one of a git repository: a commit, or the index where the name is empty. Its files are
// named by git's paths, which are seen from the top of the repository.
type revision struct {
	name   string
	dir    string // the folder that git runs in
	prefix string // git's path of it
}

// revisionAt finds a revision of the repository that a folder lies in. Its errors are Faults.
func revisionAt(ctx context.Context, dir, name string) (*revision, error) {
	r := &revision{name: name, dir: dir}
	if strings.HasPrefix(name, "-") { // git would take it for an option
		return nil, fault.New("%q is not a git revision", name).Mend("write a branch, a tag or a commit")
	}
	prefix, err := r.git(ctx, "rev-parse", "--show-prefix")
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, fault.New("git is not there to read the revision %q", name).Because(err).Mend("install git, or write a file instead of a revision")
	case err != nil && strings.Contains(err.Error(), "not a git repository"):
		return nil, fault.New("there is no git repository at %s, and so no revision %q", dir, name).Mend("go to a folder of the repository, or write a file instead of a revision")
	case err != nil:
		return nil, fault.New("git can't read the revision %q", name).Because(err).Mend("mend what git says, or write a file instead of a revision")
	}
	r.prefix = strings.TrimSuffix(string(prefix), "\n")
	if name == "" {
		return r, nil
	}
	if _, err := r.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}"); err != nil {
		return nil, r.unknown(ctx)
	}
	return r, nil
}

// unknown says what can be written for a revision that is not there: the branch of a remote that
// has the name, or the fetch that brings it.
func (r *revision) unknown(ctx context.Context) error {
	m := fault.New("git knows no revision %q here", r.name)
	if refs, err := r.git(ctx, "for-each-ref", "--format=%(refname:short)", "refs/remotes/*/"+r.name); err == nil && len(refs) > 0 {
		first, _, _ := strings.Cut(string(refs), "\n")
		return m.Mend(fmt.Sprintf("did you mean %q?", first))
	}
	if remotes, err := r.git(ctx, "remote"); err == nil && len(remotes) > 0 {
		first, _, _ := strings.Cut(string(remotes), "\n")
		return m.Mend(fmt.Sprintf("write a branch, a tag or a commit; what this clone lacks is FETCH_HEAD after `%s fetch %s %s`", r.command(), first, r.name))
	}
	return m.Mend("write a branch, a tag or a commit")
}

// file is a file's content in the revision; found is false where it has no such file.
func (r *revision) file(ctx context.Context, path string) (content []byte, found bool, err error) {
	object, err := r.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", r.spec(path))
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 {
		return nil, false, nil
	}
	name := strings.TrimSpace(string(object))
	if err == nil {
		content, err = r.git(ctx, "cat-file", "blob", name)
	}
	if err != nil {
		if kind, _ := r.git(ctx, "cat-file", "-t", name); strings.TrimSpace(string(kind)) == "tree" {
			return nil, false, fault.New("%s is a folder", r.spec(path)).Mend("write the path of a recipe in it; an adapter of a revision is compared once it is checked out: `" + r.command() + " worktree add --detach FOLDER " + r.name + "`")
		}
		return nil, false, fault.New("git can't read %s", r.spec(path)).Because(err).Mend("see what `" + r.command() + " show " + r.spec(path) + "` says: in a partial clone it also fetches the file")
	}
	return content, true, nil
}

// spec is what git calls a file of the revision.
func (r *revision) spec(path string) string { return r.name + ":" + path }

// read is the content of a file that the revision must have.
func (r *revision) read(ctx context.Context, path string) ([]byte, error) {
	content, found, err := r.file(ctx, path)
	if err == nil && !found {
		err = r.lacks(ctx, path)
	}
	return content, err
}

// lacks says what can be written for a file that is not there: the path that was meant from the
// current folder, a revision that has it, or a name like it.
func (r *revision) lacks(ctx context.Context, file string) error {
	m := fault.New("%s has no file %s", cmp.Or(r.name, "git's index"), file)
	if below := path.Join(r.prefix, file); below != file {
		if _, found, err := r.file(ctx, below); found && err == nil {
			return m.Mend("git's paths begin at the top of the repository; the file in this folder is " + r.spec("./"+file))
		}
	}
	if commit, err := r.git(ctx, "log", "-1", "--format=%h", "--", ":/"+file); err == nil && len(commit) > 0 {
		return m.Mend("write a revision that has it, which `" + r.command() + " log --oneline -- :/" + file + "` lists")
	}
	if _, err := os.Stat(r.onDisk(file)); err == nil {
		return m.Mend("commit it first, or write another file instead of the revision")
	}
	folder, name := path.Split(file)
	if names, err := r.git(ctx, "ls-tree", "--full-tree", "--name-only", "--end-of-options", r.spec(strings.TrimSuffix(folder, "/"))); err == nil {
		if nearest, ok := recipe.Nearest(name, strings.Split(strings.TrimSpace(string(names)), "\n")); ok {
			return m.Mend("did you mean " + r.spec(folder+nearest) + "?")
		}
	}
	return m.Mend("write the path of a file that it has")
}

// path is git's path of what was written behind a revision's name, as git understands it.
func (r *revision) path(written string) string {
	if strings.HasPrefix(written, "./") || strings.HasPrefix(written, "../") {
		return path.Join(r.prefix, written)
	}
	return written
}

// onDisk is where a file of the repository lies in the working tree.
func (r *revision) onDisk(file string) string {
	up := strings.Repeat("../", strings.Count(r.prefix, "/"))
	return filepath.Join(r.dir, filepath.FromSlash(up+file))
}

// pathOf is git's path of a file in the working tree.
func (r *revision) pathOf(file string) (string, error) {
	dir, err := filepath.Abs(r.dir)
	if err != nil {
		return "", err
	}
	absolute, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	relative, err := filepath.Rel(osfile.Resolve(dir), filepath.Join(osfile.Resolve(filepath.Dir(absolute)), filepath.Base(absolute)))
	below := path.Join(r.prefix, filepath.ToSlash(relative))
	if err != nil || !filepath.IsLocal(filepath.FromSlash(below)) {
		return "", fault.New("%s is not in this git repository, so no revision has it", file).Mend("write the path of a file in the repository")
	}
	return below, nil
}

// command is how the user calls git for the folder.
func (r *revision) command() string {
	if r.dir == "." {
		return "git"
	}
	return "git -C " + r.dir
}

// git runs git in the folder, and returns what it prints.
func (r *revision) git(ctx context.Context, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = r.dir
	// A partial clone would fetch what it lacks, by a program that its configuration names.
	command.Env = append(os.Environ(), "GIT_NO_LAZY_FETCH=1", "LC_ALL=C")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, &gitError{err, strings.TrimSpace(strings.TrimPrefix(stderr.String(), "fatal: "))}
	}
	return out, nil
}

// gitError is what git said when it failed.
type gitError struct {
	error
	said string
}

// Error is that, or that it failed.
func (e *gitError) Error() string {
	if e.said == "" {
		return e.error.Error()
	}
	return e.said
}

// Unwrap gives how it ended.
func (e *gitError) Unwrap() error { return e.error }
