package onefile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
)

// refusal is a kind of tensors that are no part of a pair: of such an adapter every module has some.
type refusal struct {
	what, remedy, first string
	count               int
}

func (r *reader) refuse(name string) {
	what, remedy := r.Refuse(name)
	at := slices.IndexFunc(r.refused, func(k refusal) bool { return k.what == what })
	if at < 0 {
		at = len(r.refused)
		r.refused = append(r.refused, refusal{what: what, remedy: remedy, first: name})
	}
	r.refused[at].count++
}

func (r *reader) refusals() error {
	var all *multierror.Error
	for _, k := range r.refused {
		more := ""
		if k.count > 1 {
			more = fmt.Sprintf(", and so %s %d more", printable.Choose(k.count-1, "is", "are"), k.count-1)
		}
		all = multierror.Append(all, fault.In(r.store.Path(), "tensor %q is %s%s", k.first, k.what, more).Mend(k.remedy).See("not-plain-lora"))
	}
	return all.ErrorOrNil()
}

func dtypeNotes(dtypes []string) []adapter.Note {
	var notes []adapter.Note
	if slices.Sort(dtypes); len(dtypes) > 1 {
		notes = append(notes, adapter.Note{Text: "mixes the dtypes " + strings.Join(dtypes, ", "), Page: "adapter-notes"})
	}
	if slices.Contains(dtypes, adapter.F64.String()) {
		notes = append(notes, adapter.Note{Text: "holds float64, which is computed with in float32", Page: "adapter-notes"})
	}
	return notes
}
