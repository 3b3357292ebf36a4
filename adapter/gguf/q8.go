package gguf

import (
	"encoding/binary"
	"math"

	"github.com/loramerge/loramerge/internal/gguf"
	"github.com/loramerge/loramerge/internal/kernels"
)

// A block of Q8_0 is a scale d in float16 and 32 whole numbers q of one byte: x = d·q
// (ggml-quants.c, dequantize_row_q8_0).
const (
	q8Elements = 32
	q8Bytes    = 2 + q8Elements
)

// dequantized reads float32s from a place on, counted in bytes of float32.
func (s *store) dequantized(t gguf.Tensor, dst []byte, off int64) error {
	var block [q8Bytes]byte
	var scale [1]float32
	for len(dst) > 0 {
		at, within := off/(4*q8Elements), off%(4*q8Elements)
		if err := s.file.ReadAt(t, block[:], at*q8Bytes); err != nil {
			return err
		}
		kernels.DecodeF16(scale[:], block[:2])
		var values [4 * q8Elements]byte
		for i, q := range block[2:] {
			binary.LittleEndian.PutUint32(values[4*i:], math.Float32bits(scale[0]*float32(int8(q))))
		}
		n := copy(dst, values[within:])
		dst, off = dst[n:], off+int64(n)
	}
	return nil
}
