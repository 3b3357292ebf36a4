// Package recipetext knows recipes as text: how names and paths are written, and where a
// file is not YAML. It does not know what recipes mean; package recipe reads them.
package recipetext

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/osfile"
)

var plainForm = regexp.MustCompile(`^[A-Za-z./][A-Za-z0-9_./+@-]*$`)

// Scalar writes a text as YAML: quoted where it could be taken for something else, and
// so that no variable is seen in it.
func Scalar(text string) string {
	if plainForm.MatchString(text) && !strings.EqualFold(text, "null") {
		return text
	}
	return strconv.Quote(strings.ReplaceAll(text, "${", "$${"))
}

var noName = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// Name makes the name of an adapter from the last part of its path, of either kind of
// slash, as recipes allow names. It is none of those taken, and is taken afterwards.
func Name(path string, taken map[string]bool) string {
	const longest = 60 // of the hundred letters that are allowed
	path = strings.TrimRight(strings.ReplaceAll(path, `\`, "/"), "/")
	stem := strings.Trim(noName.ReplaceAllString(path[strings.LastIndexByte(path, '/')+1:], "-"), "-")
	stem = stem[:min(len(stem), longest)]
	if stem == "" || stem[0] >= '0' && stem[0] <= '9' {
		stem = strings.TrimSuffix("adapter-"+stem, "-")
	}
	name := stem
	for i := 2; taken[name]; i++ {
		name = fmt.Sprintf("%s-%d", stem, i)
	}
	taken[name] = true
	return name
}

// Path is a path, seen from the current folder, as a recipe in the folder dir writes
// it: absolute if it is so already. A recipe's `..` leads up from where its folder really
// lies, so the way is measured from there, even where dir is reached through a link.
func Path(dir, path string) (string, error) {
	if filepath.IsAbs(path) {
		return filepath.ToSlash(filepath.Clean(path)), nil
	}
	relative, err := filepath.Rel(osfile.Resolve(osfile.Abs(dir)), osfile.Abs(path))
	return filepath.ToSlash(relative), err
}
