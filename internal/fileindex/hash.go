package fileindex

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/loramerge/loramerge/internal/regular"
)

// pieceSize is how many bytes are read, then hashed while they are at hand.
const pieceSize = 512 << 10

// HashWhole returns the SHA-256 of the file at path: the known one, or else the
// computed, which is then remembered. It fails with [ErrChanged] if the file changes
// meanwhile, and with the context's cause if that is done.
func (x *Index) HashWhole(ctx context.Context, path string) (Sum, error) {
	file, err := regular.Open(path)
	if err != nil {
		return Sum{}, fmt.Errorf("hash file: %w", err)
	}
	defer file.Close()
	reading, err := x.Begin(path, file)
	if err != nil {
		return Sum{}, fmt.Errorf("hash file: %w", err)
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
