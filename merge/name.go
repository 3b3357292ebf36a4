package merge

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"
)

// Name is the SHA-256 of a complete description: of a file's bytes, or of everything
// that a result depends on.
type Name [sha256.Size]byte

// String is the name as OCI registries write it.
func (n Name) String() string { return "sha256:" + hex.EncodeToString(n[:]) }

// Hex is the name alone, as sha256sum prints it.
func (n Name) Hex() string { return hex.EncodeToString(n[:]) }

// MarshalText writes the name as String does.
func (n Name) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (n *Name) UnmarshalText(text []byte) error {
	digits, ok := strings.CutPrefix(string(text), "sha256:")
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != len(n) {
		return fmt.Errorf("%q is not a SHA-256", text)
	}
	copy(n[:], raw)
	return nil
}

// DigestVersion counts the changes of what names are made of. It stands in every name, and
// in locks and outputs beside them, so that another version's are told from other results.
// Version 1 hashed words that people read.
const DigestVersion = 2

// description is hashed field by field, each with its length before it, so that no
// two descriptions run together. Its words are made to be hashed: they are none of those
// that people read, which may be chosen better one day. TestKnownNames holds them.
type description struct{ sum hash.Hash }

func describe(kind string) description {
	d := description{sha256.New()}
	return d.text("loramerge", strconv.Itoa(DigestVersion), kind)
}

func (d description) text(parts ...string) description {
	for _, part := range parts {
		d.sum.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(part))))
		d.sum.Write([]byte(part))
	}
	return d
}

func (d description) names(names ...Name) description {
	d.sum.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(names))))
	for _, n := range names {
		d.sum.Write(n[:])
	}
	return d
}

func (d description) name() Name { return Name(d.sum.Sum(nil)) }
