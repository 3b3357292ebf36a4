// Package gguf reads and writes GGUF, the file format of ggml, which llama.cpp and Ollama load:
// GGUF, a version, the numbers of tensors and of key-value pairs; the pairs; for each tensor its
// name, shape, type and place; then the tensors' bytes, each at a multiple of the alignment.
// All of it is little endian.
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
//
// A File is a checked header and an open file to read tensors from; a Layout is a header for
// tensors that are yet to be computed; a Writer fills a Layout's file, in any order.
//
// Reading is strict: what ggml's own reader (src/gguf.cpp) refuses is refused, and so are names
// that would play tricks on a terminal, padding that is not zeros, and headers that would take
// more memory than any real file's. What is wrong with a file is a *fault.Fault.
//
// The package knows nothing of LoRA: package adapter/gguf knows what keys and names mean.
package gguf
