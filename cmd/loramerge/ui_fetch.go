package main

import (
	"fmt"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
)

// fetched says where a reference led, and what became of each of its files.
func (u *ui) fetched(w *fetched) {
	u.printf("%s: commit %s\n", w.Reference, w.Commit)
	for _, file := range w.Files {
		u.printf("  %s: %s, %s\n", file.Name, size(file.Bytes), file.State)
	}
	if len(w.NotTaken) > 0 {
		u.printf("  not taken: %s\n", few(w.NotTaken))
	}
	if w.Pinned != "" {
		u.printf("  %s still pins commit %s: `loramerge run --update-lock` takes the new one\n", w.lock, w.Pinned)
	}
}

// few names the first of some files, and counts the others.
func few(names []string) string {
	const shown = 4
	if len(names) <= shown+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %s", strings.Join(names[:shown], ", "), printable.Count(len(names)-shown, "other file"))
}
