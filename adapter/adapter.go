package adapter

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/loramerge/loramerge/internal/fault"
)

// Adapter is an adapter whose headers have been read and checked. Weights are read on
// demand.
type Adapter struct {
	Path    string // as it was opened
	Format  Format
	Files   Files
	Base    Base     // the base model; of an adapter that names none, the zero Base
	Task    string   // the task_type of PEFT, where one is known
	RSLoRA  bool     // α was divided by √r, as use_rslora asks
	Own     any      // what the format's own package keeps of it
	Modules []Module // by name
	Notes   []Note   // what its user should know; none of it prevents a merge
	// Unfit says why it can't be merged, though it can be looked at; nil of most.
	Unfit *fault.Fault
	Store Store
	// Experts is the layout of stacked experts in the file. It may be the likely one alone, or what
	// the loader said.
	Experts                         ExpertLayout
	ExpertsCertain, ExpertsDeclared bool
	stacks                          stacks
}

// Options are what the loader of an adapter vouches for.
type Options struct {
	// AllowUnknown are fields of the configuration that may be set though this version
	// does not know what they mean.
	AllowUnknown []string
	// Experts is the layout of stacked experts in a file that does not show its own.
	Experts ExpertLayout
}

// Note is something about an adapter that its user should know. None prevents a merge.
type Note struct {
	Text   string
	Remedy string // may be empty
	Page   string // the section of docs/errors.md on it; may be empty
	Local  bool   // it is about where the adapter lies, not about the adapter itself
	Carry  string // what `carry` calls what is left behind; empty for other notes
}

// Close releases the weights' file.
func (a *Adapter) Close() error { return a.Store.Close() }

// Folder is that of the files.
func (a *Adapter) Folder() string { return filepath.Dir(a.Files.Weights) }

// Metadata is what the weights' file says of itself.
func (a *Adapter) Metadata() map[string]string { return a.Store.Metadata() }

// Find gives the module of that name.
func (a *Adapter) Find(name string) (*Module, bool) {
	i, ok := slices.BinarySearchFunc(a.Modules, name, func(m Module, name string) int { return strings.Compare(m.Name, name) })
	if !ok {
		return nil, false
	}
	return &a.Modules[i], true
}

// SHA256 is the hash of the weights' file, in hexadecimal, as sha256sum and the
// Hugging Face Hub give it.
func (a *Adapter) SHA256() (string, error) {
	file, err := os.Open(a.Store.Path())
	if err != nil {
		return "", Readable(a.Store.Path(), err)
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", Readable(a.Store.Path(), err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// Stat is that of the open weights' file, even if another file has taken its path since.
func (a *Adapter) Stat() (os.FileInfo, error) { return a.Store.Stat() }

// Rename gives every module the name that to makes of its own; the tensors in the file keep
// theirs. Two modules that would get one name are a Fault each, and nothing is renamed.
func (a *Adapter) Rename(to func(name string) string) error {
	var all *multierror.Error
	renamed := slices.Clone(a.Modules)
	taken := make(map[string]string, len(renamed))
	for i := range renamed {
		old := renamed[i].Name
		name := to(old)
		if other, twice := taken[name]; twice {
			all = multierror.Append(all, fault.In(a.Path, "modules %q and %q would both be called %q", other, old, name).Mend("rename one of them to something else"))
		}
		taken[name] = old
		renamed[i].Name = name
	}
	if all.ErrorOrNil() != nil {
		return all
	}
	slices.SortFunc(renamed, func(x, y Module) int { return strings.Compare(x.Name, y.Name) })
	a.Modules = renamed
	return nil
}
