package onefile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
)

const extension = ".safetensors"

// mostEntries bounds how much of a folder is looked at, mostOpened how many of its files.
const mostEntries, mostOpened = 4096, 8

// Find gives the file at path, a file itself or in a folder, if some tensor in it has a name that
// is the format's. A file or a folder with PEFT's names is none, whatever it holds.
func Find(path string, ours func(name string) bool) (adapter.Files, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return adapter.Files{}, false
	}
	if !info.IsDir() {
		ofPEFT := exists(filepath.Join(filepath.Dir(path), adapter.ConfigFile))
		return adapter.Files{Weights: path}, strings.HasSuffix(path, extension) && !ofPEFT && holds(path, ours)
	}
	if exists(filepath.Join(path, adapter.ConfigFile)) {
		return adapter.Files{}, false
	}
	for i, file := range weightsIn(path) {
		if i == mostOpened {
			break
		}
		if holds(file, ours) {
			return adapter.Files{Weights: file}, true
		}
	}
	return adapter.Files{}, false
}

// holds reports whether the file at path has a tensor of such a name.
func holds(path string, ours func(name string) bool) bool {
	file, err := safetensors.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	return slices.ContainsFunc(file.Tensors(), func(t safetensors.Tensor) bool { return ours(t.Name) })
}

// weightsIn lists a folder's safetensors files, sorted.
func weightsIn(folder string) []string {
	file, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer file.Close()
	names, _ := file.Readdirnames(mostEntries)
	var files []string
	for _, name := range names {
		if path := filepath.Join(folder, name); strings.HasSuffix(name, extension) {
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				files = append(files, path)
			}
		}
	}
	slices.Sort(files)
	return files
}

// single refuses a folder of several files, of which none is named.
func single(path string) error {
	files := weightsIn(path) // of a file there are none
	if len(files) < 2 {
		return nil
	}
	return fault.In(path, "holds %d files of weights, such as %s and %s", len(files), filepath.Base(files[0]), filepath.Base(files[1])).
		Mend("name the file, as " + files[len(files)-1])
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
