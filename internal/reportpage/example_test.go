package reportpage_test

import (
	"encoding/json"
	"io"
	"os"

	"github.com/loramerge/loramerge/internal/reportpage"
)

// A page goes to any writer.
func ExampleWrite() {
	data := &reportpage.Data{Title: "dev-assistant", Output: "out/dev-assistant", Stage: "out"}
	if err := reportpage.Write(io.Discard, data); err != nil {
		panic(err)
	}
	// Output:
}

// A cosine with zero is no number, which JSON calls null.
func ExampleRatio() {
	json.NewEncoder(os.Stdout).Encode([]reportpage.Ratio{reportpage.Over(1, 4), reportpage.Over(1, 0)})
	// Output: [0.25,null]
}
