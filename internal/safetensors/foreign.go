package safetensors

import (
	"bytes"
	"io/fs"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
)

const (
	remedySaveAgain     = "it was written wrongly: save it again with the safetensors library"
	remedyDownloadAgain = "it is incomplete or damaged: download or copy it again"
	remedyCheck         = "check that it is a safetensors file"
)

// prefixSize is how much of a file is looked at to recognize what it is.
const prefixSize = max(lengthSize+1, int64(osfile.LFSPrefixSize))

// checkRegular refuses what is no regular file.
func checkRegular(path string, mode fs.FileMode) error {
	switch {
	case mode.IsDir():
		return fault.In(path, "it is a folder").Mend("give the .safetensors file within it")
	case !mode.IsRegular():
		return fault.In(path, "it is not a regular file").Mend("copy what it yields to a file")
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
	if len(prefix) == 0 {
		return fault.In(path, "it is empty").Mend(remedyDownloadAgain)
	}
	return fault.In(path, "it has %d bytes, too few for a header", len(prefix)).Mend(remedyDownloadAgain)
}

// notSafetensors says what a file is whose beginning is no header.
func notSafetensors(path string, prefix []byte, length uint64, size int64) error {
	at := fault.Position{File: path}
	switch {
	case osfile.IsLFSPointer(prefix):
		return fault.At(at, "it is a Git LFS pointer, not the file itself").Mend(osfile.LFSRemedy)
	case isPickle(prefix, length):
		return fault.At(at, "it is a PyTorch pickle under another name: it could run any program, and is never loaded").
			Mend("rename it to adapter_model.bin, and convert it: `loramerge errors pickles` has the lines of Python that do so and run none of it").See("pickles")
	case length > maxHeader:
		return fault.At(at.AtByte(0), "the header's length is given as %d bytes; at most %d are allowed", length, maxHeader).Mend(remedyCheck)
	case int64(length) > size-lengthSize:
		return fault.At(at.AtByte(0), "the header's length is given as %d bytes, but the file has %d", length, size).Mend(remedyDownloadAgain)
	}
	return fault.At(at.AtByte(lengthSize), "the header is not a JSON object").Mend(remedyCheck)
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
	return fault.At(fault.Position{File: path, Tensor: tensor}, "the file has become shorter while it was read").
		Mend("don't change the file until the run has ended, and start again")
}
