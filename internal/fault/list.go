package fault

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/go-multierror"
)

// List is every error that is gathered in err: file by file, in the order in which the
// files are first met, and of each file the foremost Faults, then the others from its
// beginning to its end. What has no file comes first.
func List(err error) []error {
	all := gathered(err)
	files := map[string]int{"": 0}
	for _, e := range all {
		if file := of(e).File; files[file] == 0 && file != "" {
			files[file] = len(files)
		}
	}
	slices.SortStableFunc(all, func(x, y error) int {
		a, b := of(x), of(y)
		return cmp.Or(cmp.Compare(files[a.File], files[b.File]), cmp.Compare(a.order, b.order), a.Compare(b.Position))
	})
	return all
}

func gathered(err error) []error {
	if err == nil {
		return nil
	}
	list, ok := err.(*multierror.Error)
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range list.Errors {
		all = append(all, gathered(e)...)
	}
	return all
}

// Place gives every error in err a place in the file that led to it, as a recipe leads to
// an adapter. A Fault of that very file has its place already.
func Place(at Position, err error) error {
	all := List(err)
	for i, e := range all {
		if of(e).File != at.File {
			all[i] = At(at, "").Because(e)
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return multierror.Append(nil, all...).ErrorOrNil()
}

// Unplaced is an error without the place of its Fault, for readers who can't see that.
func Unplaced(err error) error {
	f, ok := err.(*Fault)
	if !ok {
		return err
	}
	anywhere := *f
	anywhere.Position = Position{}
	return &anywhere
}

// Wrap says at what work an error was met. A Fault stays one, with its remedy at the end;
// other errors are wrapped as by fmt.Errorf.
func Wrap(err error, format string, args ...any) error {
	if inner, ok := err.(*Fault); ok {
		return New(format, args...).Because(inner)
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), err)
}

// of is the Fault that an error is; an empty one if it is none.
func of(err error) *Fault {
	if f, ok := err.(*Fault); ok {
		return f
	}
	return new(Fault)
}
