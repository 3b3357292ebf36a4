// Package digest hashes complete descriptions: everything that a result depends on, field by
// field, so that two results of one digest are the same. testdata/digests/digests.py computes
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

// String is the digest as OCI registries write it.
func (d Digest) String() string { return "sha256:" + d.Hex() }

// Hex is the digest as sha256sum prints it.
func (d Digest) Hex() string { return hex.EncodeToString(d[:]) }

// MarshalText writes the digest as String does.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Digest) UnmarshalText(text []byte) error {
	digits, ok := strings.CutPrefix(string(text), "sha256:")
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != len(d) {
		return fmt.Errorf("%q is not a SHA-256", text)
	}
	copy(d[:], raw)
	return nil
}

// Version counts the changes of what digests are made of. It is hashed into every digest, and
// written next to them in locks and outputs, so that a digest of another version is not taken
// for another result.
// Version 1 hashed words that people read.
const Version = 2

// Description is hashed field by field, each with its length before it, so that no
// two descriptions run together. Its words are made to be hashed, unlike those that people
// read, so that the latter can be improved. TestKnownDigests pins them.
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
func (d Description) Digests(digests ...Digest) Description {
	d.sum.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(digests))))
	for _, part := range digests {
		d.sum.Write(part[:])
	}
	return d
}

// Sum is the digest of what has been described.
func (d Description) Sum() Digest { return Digest(d.sum.Sum(nil)) }
