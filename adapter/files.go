package adapter

import (
	"os"
	"slices"

	"github.com/loramerge/loramerge/internal/fault"
)

// mostEntries bounds how much of a folder is looked at.
const mostEntries = 4096

// FileNames lists a folder's first entries, sorted; none where it can't be read.
func FileNames(folder string) []string {
	file, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer file.Close()
	found, _ := file.Readdirnames(mostEntries)
	slices.Sort(found)
	return found
}

// Exists reports whether something is at path, be it a link that leads nowhere.
func Exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Readable turns an error of the operating system into a Fault. An error about the file's content
// is one already.
func Readable(path string, err error) error {
	if _, ok := err.(*fault.Fault); ok || err == nil {
		return err
	}
	return fault.In(path, "cannot be read").Because(err).Mend("check its permissions, and those of the folders above it")
}
