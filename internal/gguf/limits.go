package gguf

import "fmt"

// What ggml allows.
const (
	maxName       = 63      // bytes of a tensor's name: GGML_MAX_NAME less the closing zero
	maxDims       = 4       // GGML_MAX_DIMS
	maxLength     = 1 << 30 // bytes of a string, items of an array
	defaultAlign  = 32      // GGUF_DEFAULT_ALIGNMENT
	alignmentKey  = "general.alignment"
	newestVersion = 3
)

// Limits of our own on a header, so that a hostile one is refused with less than 300 MB of memory.
// They are far above every real file: the vocabulary of a large model takes 20 MB.
const (
	maxHeader    = 100_000_000 // bytes before the data section
	maxTensors   = 500_000
	maxPairs     = 65_536
	maxAlignment = 1 << 20
)

// checkName refuses control characters: names end up in terminals and in lists of files. The name
// must be UTF-8.
func checkName(name string) error {
	for i := range len(name) {
		c := name[i]
		// U+0080–U+009F are C2 80 to C2 9F.
		if c < ' ' || c == 0x7f || c == 0xc2 && name[i+1] < 0xa0 {
			return fmt.Errorf("it has a control character at its byte %d", i)
		}
	}
	return nil
}
