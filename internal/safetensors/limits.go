package safetensors

import "fmt"

// Limits on a header, so that a hostile one is refused with less than 300 MB
// of memory. The first is the reference implementation's; the others are far
// above every real file: an adapter of 512 experts in each of 94 layers, three
// projections an expert, has 290,000 tensors of two dimensions.
const (
	maxHeader   = 100_000_000 // bytes of JSON
	maxTensors  = 1_000_000
	maxRank     = 64        // dimensions of one tensor, PyTorch's and NumPy's limit
	maxDims     = 3_000_000 // dimensions of all the tensors together
	maxMetadata = 65_536    // entries of __metadata__
)

// lengthSize is the size of the header's length, the file's first field.
const lengthSize = 8

// metadataKey is the one name in a header that is not a tensor's.
const metadataKey = "__metadata__"

// checkName refuses control characters (U+0000–U+001F, U+007F–U+009F), which
// the reference lets pass: names end up in terminals and in lists of files.
// The name must be UTF-8.
func checkName(name string) error {
	for i := range len(name) {
		c := name[i]
		// U+0080–U+009F are C2 80 to C2 9F.
		if c < ' ' || c == 0x7f || c == 0xc2 && name[i+1] < 0xa0 {
			return fmt.Errorf("the name has a control character at its byte %d", i)
		}
	}
	return nil
}
