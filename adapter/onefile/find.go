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

// configFile is that of the formats that have one, such as PEFT's.
const configFile = "adapter_config.json"

// mostOpened bounds how many of a folder's files are looked at.
const mostOpened = 8

// Find gives the file at path, a file itself or in a folder, if some tensor in it has a name that
// is the format's. What has a configuration beside it is of another format.
func (n *Names) Find(path string) (adapter.Files, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return adapter.Files{}, false
	}
	files, folder := []string{path}, filepath.Dir(path)
	if info.IsDir() {
		files, folder = n.candidates(path), path
	}
	if adapter.Exists(filepath.Join(folder, configFile)) {
		return adapter.Files{}, false
	}
	for _, file := range files[:min(len(files), mostOpened)] {
		if strings.HasSuffix(file, extension) && n.holds(file) {
			return adapter.Files{Weights: file}, true
		}
	}
	return adapter.Files{}, false
}

// holds reports whether the file at path has a tensor of the format's.
func (n *Names) holds(path string) bool {
	file, err := safetensors.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	return slices.ContainsFunc(file.Tensors(), func(t safetensors.Tensor) bool { return n.Ours(t.Name) })
}

// candidates are a folder's safetensors files: one that is called as the format's own, or all,
// sorted.
func (n *Names) candidates(folder string) []string {
	var files []string
	for _, name := range adapter.FileNames(folder) {
		path := filepath.Join(folder, name)
		info, err := os.Stat(path)
		if !strings.HasSuffix(name, extension) || err != nil || !info.Mode().IsRegular() {
			continue
		}
		if name == n.File {
			return []string{path}
		}
		files = append(files, path)
	}
	return files
}

// single refuses a folder of several files.
func (n *Names) single(path string) error {
	files := n.candidates(path) // of a file there are none
	if len(files) < 2 {
		return nil
	}
	return fault.In(path, "holds %d files of weights, such as %s and %s", len(files), filepath.Base(files[0]), filepath.Base(files[1])).
		Mend("name the file, as " + files[len(files)-1])
}
