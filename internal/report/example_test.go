package report_test

import (
	"encoding/json"
	"io"
	"os"

	"github.com/loramerge/loramerge/internal/report"
)

// A page goes to any writer.
func ExampleWrite() {
	data := &report.Data{Title: "dev-assistant", Output: "out/dev-assistant", Stage: "out"}
	if err := report.Write(io.Discard, data); err != nil {
		panic(err)
	}
	// Output:
}

// A cosine with zero is no number, which JSON calls null.
func ExampleRatio() {
	json.NewEncoder(os.Stdout).Encode([]report.Ratio{report.Over(1, 4), report.Over(1, 0)})
	// Output: [0.25,null]
}
