package peft

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// checkFolder refuses what is no PEFT folder, and says what it is if that can be recognized.
func checkFolder(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return absentFolder(path)
	case err != nil:
		return adapter.Readable(path, err)
	case !info.IsDir():
		if err := damaged(path); err != nil {
			return err
		}
		if what := foreignFile(path); what != "" {
			return notPEFT(path, what)
		}
		return fault.In(path, "is a file, not an adapter's folder").Mend("name the folder that holds " + ConfigFile + " and " + WeightsFile)
	case adapter.Exists(filepath.Join(path, WeightsFile)):
		return nil
	}
	if what := foreignFolder(path); what != "" {
		return notPEFT(path, what)
	}
	if below := adaptersBelow(path); len(below) > 0 && !adapter.Exists(filepath.Join(path, ConfigFile)) {
		return fault.In(path, "holds no adapter; %s", belowText(below)).Mend("name the folder of the adapter itself")
	}
	return nil
}

// repositoryForm is the name of a repository on the Hugging Face Hub.
var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*/[\w.-]+$`)

// absentFolder is the Fault of a folder that does not exist: a network address, the name of a
// repository, or a wrong path.
func absentFolder(path string) error {
	switch {
	case strings.Contains(path, "://"):
		return fault.In(path, "is a network address, and nothing is downloaded").Mend("download its folder first, and name that").See("nothing-is-fetched")
	case repositoryForm.MatchString(path) && !adapter.Exists(filepath.Dir(path)):
		return fault.In(path, "no such adapter folder, and nothing is downloaded").
			Mend("check the path; a repository of the Hub is written hf://OWNER/NAME").See("nothing-is-fetched")
	}
	return fault.In(path, "no such adapter folder").Mend("check the path")
}

// adaptersBelow are the folders right below one that hold an adapter, the newest
// checkpoint first: trainers save checkpoint-500 before checkpoint-1000.
func adaptersBelow(folder string) []string {
	var below []string
	for _, name := range adapter.FileNames(folder) {
		if adapter.Exists(filepath.Join(folder, name, ConfigFile)) {
			below = append(below, filepath.Join(folder, name))
		}
	}
	slices.SortFunc(below, func(x, y string) int { return cmp.Or(len(y)-len(x), strings.Compare(y, x)) })
	return below
}

func belowText(below []string) string {
	if len(below) == 1 {
		return below[0] + " does"
	}
	return fmt.Sprintf("%d folders below it do, such as %s", len(below), below[0])
}

// notPEFT is the Fault of an adapter of another format.
func notPEFT(path, what string) error {
	return fault.In(path, "%s", what).Mend(foreignRemedy)
}

const foreignRemedy = "a GGUF file is written and never merged; load the adapter that it was converted from"

const aloneRemedy = "an adapter of an image model is one file without " + ConfigFile + "; load that file, from a folder that has none"

// damaged is what is wrong with a file that may have been meant for an adapter of one file.
func damaged(path string) error {
	if !strings.HasSuffix(path, ".safetensors") || filepath.Base(path) == WeightsFile {
		return nil
	}
	file, err := safetensors.Open(path)
	if err != nil {
		return adapter.Readable(path, err)
	}
	return file.Close()
}

// foreignFile names the other format that a file has, if that can be recognized.
func foreignFile(path string) string {
	if beginning, err := osfile.ReadUpTo(path, 4); err == nil && bytes.Equal(beginning, []byte("GGUF")) {
		return "is a GGUF file, as llama.cpp loads it"
	}
	return ""
}

// foreignFolder names the other kind of adapter in a folder without PEFT's weights.
func foreignFolder(folder string) string {
	for _, name := range adapter.FileNames(folder) {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err != nil || info.Mode()&fs.ModeType != 0 {
			continue
		}
		if strings.HasSuffix(name, ".gguf") {
			if what := foreignFile(path); what != "" {
				return strings.Replace(what, "is a", "holds a", 1)
			}
		}
	}
	return ""
}
