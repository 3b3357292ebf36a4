package fileindex

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/loramerge/loramerge/internal/osfile"
)

// pieceSize is how many bytes are read, then hashed while they are at hand.
const pieceSize = 512 << 10

// HashWhole returns the SHA-256 of the file at path: the known one, or else the
// computed, which is then remembered. It fails with [ErrChanged] if the file changes
// meanwhile, and with the context's cause if that is done.
func (x *Index) HashWhole(ctx context.Context, path string) (Sum, error) {
	file, err := osfile.Open(path)
	if err != nil {
		return Sum{}, err
	}
	defer file.Close()
	reading, err := x.Begin(path, file)
	if err != nil {
		return Sum{}, err
	}
	if sum, known := reading.Whole(); known {
		return sum, nil
	}
	sum, err := hashAll(ctx, file)
	if err != nil {
		return Sum{}, fmt.Errorf("hash file %s: %w", path, err)
	}
	return sum, reading.RememberWhole(sum)
}

func hashAll(ctx context.Context, r io.Reader) (Sum, error) {
	h := sha256.New()
	piece := make([]byte, pieceSize)
	for {
		if ctx.Err() != nil {
			return Sum{}, context.Cause(ctx)
		}
		n, err := r.Read(piece)
		h.Write(piece[:n])
		if err == io.EOF {
			return Sum(h.Sum(nil)), nil
		}
		if err != nil {
			return Sum{}, err
		}
	}
}

// Sum is the SHA-256 of a file or of a range of it.
type Sum [sha256.Size]byte

// String returns 64 hex digits.
func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// MarshalText is String.
func (s Sum) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, s[:]), nil }

// UnmarshalText takes 64 hex digits.
func (s *Sum) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(s)) {
		return fmt.Errorf("a SHA-256 has %d hex digits, not %d", hex.EncodedLen(len(s)), len(text))
	}
	_, err := hex.Decode(s[:], text)
	return err
}
