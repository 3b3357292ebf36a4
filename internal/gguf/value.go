package gguf

import "fmt"

// Kind is the type of a pair's value.
type Kind uint32

// The kinds, numbered as in the file.
const (
	Uint8 Kind = iota
	Int8
	Uint16
	Int16
	Uint32
	Int32
	Float32
	Bool
	String
	Array
	Uint64
	Int64
	Float64
)

var kinds = [...]struct {
	name  string
	width int // in bytes; 0 of what has its length in the file
}{
	Uint8: {"u8", 1}, Int8: {"i8", 1}, Uint16: {"u16", 2}, Int16: {"i16", 2}, Uint32: {"u32", 4}, Int32: {"i32", 4}, Float32: {"f32", 4},
	Bool: {"bool", 1}, String: {"string", 0}, Array: {"array", 0}, Uint64: {"u64", 8}, Int64: {"i64", 8}, Float64: {"f64", 8},
}

// String is the kind's name, such as u32.
func (k Kind) String() string {
	if !k.valid() {
		return fmt.Sprintf("Kind(%d)", uint32(k))
	}
	return kinds[k].name
}

func (k Kind) valid() bool { return int(k) < len(kinds) }

// Pair is a key with its value.
type Pair struct {
	Key  string
	Kind Kind
	// Text is a string's value.
	Text string
	// Bits are those of a number or a bool, as many as the kind has.
	Bits uint64
	// Items is how many an array has, and Of their kind; what they are is not kept.
	Items uint64
	Of    Kind
}

// TextPair is a pair whose value is a string.
func TextPair(key, text string) Pair { return Pair{Key: key, Kind: String, Text: text} }
