package peft

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/golden"
)

// gathered are the golden files of the tests in progress, by the test's name.
var gathered = make(map[string]*golden.Lines)

// record adds the errors of a refused folder to the test's golden file, except those that the
// operating system words.
func record(t *testing.T, folder string, err error) {
	t.Helper()
	if gathered[t.Name()] == nil {
		gathered[t.Name()] = golden.Gather(t, "testdata/"+t.Name()+".golden")
		t.Cleanup(func() { delete(gathered, t.Name()) })
	}
	all := []error{err}
	if several, ok := errors.AsType[*multierror.Error](err); ok {
		all = several.Errors
	}
	for _, e := range all {
		if _, ofSystem := errors.AsType[*fs.PathError](e); !ofSystem {
			gathered[t.Name()].Add(strings.ReplaceAll(e.Error(), folder, "adapter"))
		}
	}
}
