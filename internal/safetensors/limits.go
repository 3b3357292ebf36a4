package safetensors

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
