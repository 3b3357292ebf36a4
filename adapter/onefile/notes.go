package onefile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
)

// Note adds what the user of an adapter should know: that it mixes dtypes, and where its path
// leads.
func (f *File) Note() {
	var dtypes []string
	for i := range f.Modules {
		for _, tensor := range f.Modules[i].Tensors() {
			if name := tensor.DType.String(); !slices.Contains(dtypes, name) {
				dtypes = append(dtypes, name)
			}
		}
	}
	if slices.Sort(dtypes); len(dtypes) > 1 {
		f.Notes = append(f.Notes, adapter.Note{Text: "mixes the dtypes " + strings.Join(dtypes, ", "), Page: "adapter-notes"})
	}
	if slices.Contains(dtypes, adapter.F64.String()) {
		f.Notes = append(f.Notes, adapter.Note{Text: "holds float64, which is computed with in float32", Page: "adapter-notes"})
	}
	for _, link := range f.Links() {
		f.Notes = append(f.Notes, adapter.Note{Text: fmt.Sprintf("%s leads through a symbolic link to %s", link.Path, link.To), Page: "symbolic-links", Local: true})
	}
}
