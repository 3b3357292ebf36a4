// Package jsonobject reads the small JSON files that describe adapters. Keys are compared to the
// letter, as Python does, and a key that is there twice is a mistake; a value of the wrong type
// has its line and column.
package jsonobject

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"unicode/utf8"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
)

// SizeLimit bounds a file: PEFT writes about a kilobyte, and a rank_pattern that names each of
// 40,000 experts takes seven megabytes.
const SizeLimit = 16 << 20

// Object is a JSON object, its values undecoded.
type Object struct {
	Fields map[string]json.RawMessage
	path   string
	data   []byte           // the whole file
	places map[string]int64 // of the fields' values: the offset after the first byte
}

// Read reads the object that a file holds. Its errors, several where there are several, are
// Faults; the one of a file that is absent wraps fs.ErrNotExist.
func Read(path string) (*Object, error) {
	data, err := osfile.ReadUpTo(path, SizeLimit+1)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.In(path, "").Because(fs.ErrNotExist)
	case errors.Is(err, osfile.ErrNotRegular):
		return nil, fault.In(path, "is not a regular file").Mend("copy what it yields to a file")
	case err != nil:
		return nil, fault.In(path, "cannot be read").Because(err).Mend("check its permissions, and those of the folders above it")
	case len(data) > SizeLimit:
		return nil, fault.In(path, "is larger than %d bytes", SizeLimit).Mend("check that it is an adapter's own configuration")
	case osfile.IsLFSPointer(data):
		return nil, fault.In(path, "is a Git LFS pointer, not the file itself").Mend(osfile.LFSRemedy)
	case !utf8.Valid(data):
		return nil, fault.In(path, "is not UTF-8 text").Mend("save it again as UTF-8")
	}
	return Parse(path, data)
}

// Parse reads the object that data holds, a file's content. A key that is there twice is an
// error that comes with the Object.
func Parse(path string, data []byte) (*Object, error) {
	o := &Object{path: path, data: data}
	err := o.parse(data, 0)
	if o.Fields == nil {
		return nil, err
	}
	return o, err
}

// parse reads the object that stands at an offset of the file.
func (o *Object) parse(data []byte, offset int64) error {
	if err := json.Unmarshal(data, &o.Fields); err != nil {
		o.Fields = nil
		return o.problem(offset+errorOffset(data, err), inWords(err))
	}
	if o.Fields == nil {
		return fault.In(o.path, "is not a JSON object").Mend("it must contain one JSON object")
	}
	var all *multierror.Error
	o.places = make(map[string]int64)
	decoder := json.NewDecoder(bytes.NewReader(data))
	for token, err := decoder.Token(); err == nil && decoder.More(); token, err = decoder.Token() {
		name, isKey := token.(string)
		if !isKey {
			continue
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			break
		}
		if _, twice := o.places[name]; twice { // Python takes the last of them, a reader's eye the first
			all = multierror.Append(all, fault.In(o.path, "holds %q twice", name).Mend("remove one of the two"))
		}
		o.places[name] = offset + decoder.InputOffset() - int64(len(value)) + 1
	}
	return all.ErrorOrNil()
}

// Decode puts a field's value where target points. One that is absent changes nothing.
func (o *Object) Decode(name string, target any) error {
	raw, there := o.Fields[name]
	if !there {
		return nil
	}
	if err := json.Unmarshal(raw, target); err != nil {
		return o.Wrong(name, inWords(err))
	}
	return nil
}

// Wrong is the Fault of a field's value.
func (o *Object) Wrong(name string, err error) *fault.Fault {
	return o.problem(o.places[name], fmt.Errorf("%s: %w", name, err))
}

// Object is the object that is a field's value; nil if it is null or absent.
func (o *Object) Object(name string) (*Object, error) {
	raw, there := o.Fields[name]
	if !there || string(raw) == "null" {
		return nil, nil
	}
	inner := &Object{path: o.path, data: o.data}
	if raw[0] != '{' {
		return nil, o.Wrong(name, errors.New("must be an object"))
	}
	return inner, inner.parse(raw, o.places[name]-1)
}

// errorOffset is how many bytes were read when a decoder's error was met.
func errorOffset(data []byte, err error) int64 {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return syntax.Offset
	}
	if typed, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return typed.Offset
	}
	return int64(len(data))
}

// problem gives an error the line and column of the last of the bytes read.
func (o *Object) problem(offset int64, err error) *fault.Fault {
	before := o.data[:min(int(offset), len(o.data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n') - 1
	return fault.At(fault.Position{File: o.path, Line: line, Column: max(column, 1)}, "this is not a valid adapter configuration").
		Because(err).Mend("copy it from the adapter's source again")
}
