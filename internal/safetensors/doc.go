// Package safetensors reads and writes the safetensors file format: eight
// bytes, little endian, that give the length N of the header; N bytes of JSON
// that map each tensor's name to its dtype, shape and place; then the tensors'
// bytes, little endian, row-major, one after the other.
// https://huggingface.co/docs/safetensors
//
// A File is a checked header and an open file to read tensors from; a Layout
// is a header for tensors that are yet to be computed; a Writer fills a
// Layout's file, in any order.
//
// Reading is strict, because a file from the internet is hostile until proven
// otherwise: what the reference implementation refuses is refused, and so are
// names that would play tricks on a terminal, and headers that would take more
// memory than any real file's. What is wrong with a file is a *fault.Fault.
//
// The package knows nothing of LoRA, and does no arithmetic: package
// adapter knows what a tensor's name means, and package kernels turns bytes into
// float32.
package safetensors
