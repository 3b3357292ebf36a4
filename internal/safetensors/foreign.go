package safetensors

import (
	"bytes"
	"fmt"
	"io/fs"

	"github.com/loramerge/loramerge/internal/lfs"
)

// prefixSize is how much of a file is looked at to tell what it is.
const prefixSize = max(lengthSize+1, int64(lfs.PrefixSize))

// checkRegular refuses what is no regular file.
func checkRegular(path string, mode fs.FileMode) error {
	switch {
	case mode.IsDir():
		return &FormatError{File: path, Offset: -1, Reason: "it is a folder", Remedy: "give the .safetensors file within it"}
	case !mode.IsRegular():
		return &FormatError{File: path, Offset: -1, Reason: "it is not a regular file", Remedy: "copy what it yields to a file"}
	}
	return nil
}

// startsJSON reports whether a header may start with c: with the brace of its
// object or, as the reference allows, white space.
func startsJSON(c byte) bool {
	return bytes.IndexByte([]byte("{ \t\n\r"), c) >= 0
}

// tooShort is the error for a file with no room for a header.
func tooShort(path string, prefix []byte) error {
	reason := fmt.Sprintf("it has %d bytes, too few for a header", len(prefix))
	if len(prefix) == 0 {
		reason = "it is empty"
	}
	return &FormatError{File: path, Offset: -1, Reason: reason, Remedy: remedyDownloadAgain}
}

// notSafetensors tells what a file is whose beginning is no header's.
func notSafetensors(path string, prefix []byte, length uint64, size int64) error {
	fail := func(offset int64, remedy, format string, args ...any) error {
		return &FormatError{File: path, Offset: offset, Reason: fmt.Sprintf(format, args...), Remedy: remedy}
	}
	switch {
	case lfs.IsPointer(prefix):
		return fail(-1, lfs.Remedy, "it is a Git LFS pointer, not the file itself")
	case isPickle(prefix, length):
		return fail(-1, "convert it to safetensors, or save it with safe_serialization=True",
			"it is a PyTorch pickle, which could run any program and is never loaded")
	case length > maxHeader:
		return fail(0, "check that it is a safetensors file", "the header's length is given as %d bytes; at most %d are allowed", length, maxHeader)
	case int64(length) > size-lengthSize:
		return fail(0, remedyDownloadAgain, "the header's length is given as %d bytes, but the file has %d", length, size)
	}
	return fail(lengthSize, "check that it is a safetensors file", "the header is not a JSON object")
}

// isPickle recognises what torch.save writes: a zip archive, or, before
// PyTorch 1.6, a pickle, whose first opcode is PROTO (0x80). That byte may
// also begin the length of a header that was cut short, but then the length
// is sound.
func isPickle(prefix []byte, length uint64) bool {
	return bytes.HasPrefix(prefix, []byte("PK\x03\x04")) || prefix[0] == 0x80 && length > maxHeader
}

// errShrunk is the error for a file that was cut while it was open.
func errShrunk(path, tensor string) error {
	return &FormatError{
		File: path, Tensor: tensor, Offset: -1,
		Reason: "the file has become shorter while it was read",
		Remedy: "leave the file alone until the run has ended, and start again",
	}
}
