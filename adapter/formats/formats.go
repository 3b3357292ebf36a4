// Package formats is the table of the formats in which adapters are stored.
package formats

import (
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/diffusers"
	"github.com/loramerge/loramerge/adapter/gguf"
	"github.com/loramerge/loramerge/adapter/kohya"
	"github.com/loramerge/loramerge/adapter/mlx"
	"github.com/loramerge/loramerge/adapter/peft"
)

// All are the formats that are read or written. The first is the one that is meant where
// nothing shows which.
var All = []adapter.Format{peft.Format, mlx.Format, gguf.Format, kohya.Format, diffusers.Format}

// Find gives the format of what is at path, and its files. Where none is recognized it is the
// first, whose Open says what is missing.
func Find(path string) (adapter.Format, adapter.Files) {
	for _, format := range All {
		if files, found := format.Find(path); found {
			return format, files
		}
	}
	files, _ := All[0].Find(path)
	return All[0], files
}

// Recognize reports whether what is at path has one of the formats, as far as names show.
func Recognize(path string) bool {
	return slices.ContainsFunc(All, func(format adapter.Format) bool {
		_, found := format.Find(path)
		return found
	})
}

// Open is OpenWith without options.
func Open(path string) (*adapter.Adapter, error) { return OpenWith(path, adapter.Options{}) }

// OpenWith opens the adapter at path, a folder or a file. Its errors are those of the format's
// Open.
func OpenWith(path string, options adapter.Options) (*adapter.Adapter, error) {
	format, _ := Find(path)
	opened, err := format.Open(path, options)
	if err != nil {
		return nil, err
	}
	opened.NoteQuantized(opened.Base)
	return opened, nil
}

// BaseOf reads the base model that the adapter at path names, whatever else is wrong with it;
// the zero Base if that can't be read.
func BaseOf(path string) adapter.Base {
	if format, _ := Find(path); format != peft.Format {
		return adapter.Base{}
	}
	return peft.BaseOf(path)
}
