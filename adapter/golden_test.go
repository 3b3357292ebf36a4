package adapter

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/golden"
)

// tellings are the golden files of the tests in progress, by the test's name.
var tellings = make(map[string]*golden.Telling)

// tell puts what a folder is refused with into the test's golden file, but for what the
// system says in words of its own.
func tell(t *testing.T, folder string, err error) {
	t.Helper()
	if tellings[t.Name()] == nil {
		tellings[t.Name()] = golden.Tell(t, "testdata/"+t.Name()+".golden")
		t.Cleanup(func() { delete(tellings, t.Name()) })
	}
	all := []error{err}
	if several, ok := errors.AsType[*multierror.Error](err); ok {
		all = several.Errors
	}
	for _, e := range all {
		if _, ofSystem := errors.AsType[*fs.PathError](e); !ofSystem {
			tellings[t.Name()].Add(strings.ReplaceAll(e.Error(), folder, "adapter"))
		}
	}
}
