package safetensors

import "fmt"

// Describe replaces the metadata before Close, for what is only known when the
// tensors have been written, such as hashes. The header must keep its length: lay
// the file out with placeholders of the same size. From here on the header is settled,
// and the file is hashed beside the writing: see SHA256.
func (w *Writer) Describe(metadata map[string]string) error {
	if err := checkMetadata(metadata); err != nil {
		return err
	}
	header := encodeHeader(w.layout.tensors, metadata)
	if len(header) != len(w.layout.header) {
		panic(fmt.Sprintf("safetensors: Describe changes the header from %d to %d bytes", len(w.layout.header), len(header)))
	}
	w.begin(header)
	return nil
}
