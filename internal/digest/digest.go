// Package digest hashes complete descriptions: everything that a result depends on, field by
// field, so that two results of one digest are the same. testdata/digests/names.py computes
// the same digests independently.
package digest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"
)

// Digest is the SHA-256 of a complete description: of a file's bytes, or of everything
// that a result depends on.
type Digest [sha256.Size]byte

// String is the name as OCI registries write it.
func (n Digest) String() string { return "sha256:" + hex.EncodeToString(n[:]) }

// Hex is the name alone, as sha256sum prints it.
func (n Digest) Hex() string { return hex.EncodeToString(n[:]) }

// MarshalText writes the name as String does.
func (n Digest) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (n *Digest) UnmarshalText(text []byte) error {
	digits, ok := strings.CutPrefix(string(text), "sha256:")
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != len(n) {
		return fmt.Errorf("%q is not a SHA-256", text)
	}
	copy(n[:], raw)
	return nil
}

// Version counts the changes of what names are made of. It stands in every name, and
// in locks and outputs beside them, so that another version's are told from other results.
// Version 1 hashed words that people read.
const Version = 2

// Description is hashed field by field, each with its length before it, so that no
// two descriptions run together. Its words are made to be hashed: they are none of those
// that people read, which may be chosen better one day. TestKnownNames holds them.
type Description struct{ sum hash.Hash }

// Describe begins the description of a kind of thing.
func Describe(kind string) Description {
	d := Description{sha256.New()}
	return d.Text("loramerge", strconv.Itoa(Version), kind)
}

// Text adds texts.
func (d Description) Text(parts ...string) Description {
	for _, part := range parts {
		d.sum.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(part))))
		d.sum.Write([]byte(part))
	}
	return d
}

// Digests adds digests of what the description depends on.
func (d Description) Digests(names ...Digest) Description {
	d.sum.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(names))))
	for _, n := range names {
		d.sum.Write(n[:])
	}
	return d
}

// Sum is the digest of what has been described.
func (d Description) Sum() Digest { return Digest(d.sum.Sum(nil)) }
