package client

import (
	"path"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/hub"
	"github.com/loramerge/loramerge/internal/printable"
)

const (
	configFile = "adapter_config.json"
	ending     = ".safetensors"
	pickle     = "adapter_model.bin"
	// mostConfig bounds a configuration.
	mostConfig = 16 << 20
)

// mainWeights are the names of the one file that a folder's adapter is in, whatever other weights lie beside it: those of
// PEFT and of MLX.
var mainWeights = []string{"adapter_model.safetensors", "adapters.safetensors"}

// choose divides the files of a repository into those to take and those to leave. Of an adapter's folder the
// configuration and the weights are taken, of a reference to a file that one.
func (l *Listing) choose(r hub.Reference) (take []File, leave []string, err error) {
	wanted := l.wanted(r.Folder)
	for _, f := range l.Files {
		if wanted(f) {
			take = append(take, f)
		} else {
			leave = append(leave, f.Path)
		}
	}
	slices.Sort(leave)
	beside := func(name string) bool { return path.Dir(name) == path.Join(r.Folder, ".") }
	far := slices.DeleteFunc(slices.Clone(leave), beside)
	leave = append(slices.DeleteFunc(leave, func(name string) bool { return !beside(name) }), far...)
	switch {
	case isFile(r.Folder) && len(take) == 0:
		return nil, nil, fault.New("there is no file %s", r).Mend("check its name, and the revision")
	case !isFile(r.Folder) && !slices.ContainsFunc(take, func(f File) bool { return strings.HasSuffix(f.Path, ending) }):
		return nil, nil, l.none(r)
	}
	for _, f := range take {
		if !strings.HasSuffix(f.Path, ending) && f.Size > mostConfig {
			return nil, nil, fault.New("%s: %s has %d bytes, more than a configuration may have", r, f.Path, f.Size).Mend("load an adapter that was saved with PEFT")
		}
	}
	return take, leave, nil
}

// isFile reports whether a path is that of a file which may be fetched alone.
func isFile(name string) bool {
	return strings.HasSuffix(name, ending) || strings.HasSuffix(name, ".json")
}

// wanted reports which files are the adapter of a folder, or which is the one that is named.
func (l *Listing) wanted(folder string) func(File) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(l.Files, func(f File) bool { return f.Path == name })
	}
	if isFile(folder) {
		return func(f File) bool { return f.Path == folder }
	}
	main := ""
	for _, name := range slices.Backward(mainWeights) {
		if has(path.Join(folder, name)) {
			main = name
		}
	}
	return func(f File) bool {
		dir, name := path.Split(f.Path)
		if strings.TrimSuffix(dir, "/") != folder || !hub.IsPath(name) {
			return false
		}
		return name == configFile || strings.HasSuffix(name, ending) && (main == "" || name == main)
	}
}

// none is the Fault of a folder without an adapter.
func (l *Listing) none(r hub.Reference) error {
	m := fault.New("%s has no weights in safetensors", r)
	var folders []string
	for _, f := range l.Files {
		if f.Path == path.Join(r.Folder, pickle) {
			return m.Mend("it has a pickle, " + pickle + ", which would be executed when read: ask its owner for safetensors").See("pickles")
		}
		if name := path.Base(f.Path); slices.Contains(mainWeights, name) {
			folders = append(folders, r.In(path.Dir(f.Path)).String())
		}
	}
	if len(folders) == 0 {
		return m.Mend("name a repository that holds an adapter")
	}
	slices.Sort(folders)
	if len(folders) > 5 {
		folders = append(folders[:5], "…")
	}
	return m.Mend("name the folder of an adapter: " + printable.Line(strings.Join(folders, ", ")))
}
