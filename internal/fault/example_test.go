package fault_test

import (
	"fmt"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
)

// A file is read by a package that knows nothing of recipes. The recipe's reader gives what
// is wrong with it a place, and the remedy stays where it belongs, at the end.
func Example() {
	open := func(path string) error {
		return fault.In(path, "holds no tensors").Mend("save it again").See("pickles")
	}
	at := fault.Position{File: "merge.yaml", Line: 4, Column: 15}

	var all *multierror.Error
	all = multierror.Append(all, fault.At(fault.Position{File: "merge.yaml", Line: 6, Column: 3}, "no stage %q", "trimed").Mend(`did you mean "trimmed"?`))
	all = multierror.Append(all, fault.Place(at, open("adapters/sql")))
	for _, err := range fault.List(all) {
		fmt.Println(err)
	}
	// Output:
	// merge.yaml:4:15: adapters/sql: holds no tensors; save it again
	// merge.yaml:6:3: no stage "trimed"; did you mean "trimmed"?
}
