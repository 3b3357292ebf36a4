// Package plainfile writes and reads safetensors files for tests, by code of its own: what a test
// expects must not come from the code that it tests.
package plainfile

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/x448/float16"
)

// Tensor is a tensor of numbers.
type Tensor struct {
	Name   string
	DType  string // F64, F32, F16, BF16 or I64
	Shape  []int
	Values []float64
}

// Filled is a float32 tensor of that shape, filled with multiples of 1/16 that begin by seed, so
// that 16 bits hold them and their products exactly.
func Filled(name string, seed int, shape ...int) Tensor {
	t := Tensor{name, "F32", shape, nil}
	for i := range elements(shape) {
		t.Values = append(t.Values, float64((seed*7+i*5+i*i*3)%31-15)/16)
	}
	return t
}

// Number is a float32 tensor without dimensions.
func Number(name string, value float64) Tensor { return Tensor{name, "F32", []int{}, []float64{value}} }

// As is the tensor in another dtype.
func (t Tensor) As(dtype string) Tensor {
	t.DType = dtype
	return t
}

type entry struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// Encode is a file with these tensors, the widest dtypes first, as torch wants them.
func Encode(metadata map[string]string, tensors ...Tensor) []byte {
	tensors = slices.Clone(tensors)
	slices.SortStableFunc(tensors, func(x, y Tensor) int { return len(encode(y.DType, 0)) - len(encode(x.DType, 0)) })
	header := map[string]any{}
	if metadata != nil {
		header["__metadata__"] = metadata
	}
	var data bytes.Buffer
	for _, t := range tensors {
		begin := data.Len()
		for _, v := range t.Values {
			data.Write(encode(t.DType, v))
		}
		header[t.Name] = entry{t.DType, t.Shape, [2]int{begin, data.Len()}}
	}
	text, err := json.Marshal(header)
	if err != nil {
		panic(err)
	}
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), data.Bytes()...)
}

// Decode reads a file.
func Decode(file []byte) (tensors map[string]Tensor, metadata map[string]string, err error) {
	if len(file) < 8 {
		return nil, nil, errors.New("shorter than the length of its header")
	}
	end := 8 + int(binary.LittleEndian.Uint64(file))
	var header map[string]json.RawMessage
	if err := json.Unmarshal(file[8:end], &header); err != nil {
		return nil, nil, err
	}
	tensors = make(map[string]Tensor)
	for name, text := range header {
		if name == "__metadata__" {
			if err := json.Unmarshal(text, &metadata); err != nil {
				return nil, nil, err
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, nil, err
		}
		t := Tensor{name, e.DType, e.Shape, nil}
		width := len(encode(e.DType, 0))
		if e.Offsets[0]%width != 0 {
			return nil, nil, fmt.Errorf("tensor %s begins at byte %d, which torch can't map as %s", name, e.Offsets[0], e.DType)
		}
		for at := e.Offsets[0]; at < e.Offsets[1]; at += width {
			t.Values = append(t.Values, decode(e.DType, file[end+at:]))
		}
		tensors[name] = t
	}
	return tensors, metadata, nil
}

func elements(shape []int) int {
	n := 1
	for _, dim := range shape {
		n *= dim
	}
	return n
}

func encode(dtype string, v float64) []byte {
	order := binary.LittleEndian
	switch dtype {
	case "F64":
		return order.AppendUint64(nil, math.Float64bits(v))
	case "F32":
		return order.AppendUint32(nil, math.Float32bits(float32(v)))
	case "F16":
		return order.AppendUint16(nil, float16.Fromfloat32(float32(v)).Bits())
	case "BF16": // of numbers that it holds
		return order.AppendUint16(nil, uint16(math.Float32bits(float32(v))>>16))
	case "I64":
		return order.AppendUint64(nil, uint64(int64(v)))
	}
	panic("plainfile: dtype " + dtype)
}

func decode(dtype string, b []byte) float64 {
	order := binary.LittleEndian
	switch dtype {
	case "F64":
		return math.Float64frombits(order.Uint64(b))
	case "F32":
		return float64(math.Float32frombits(order.Uint32(b)))
	case "F16":
		return float64(float16.Frombits(order.Uint16(b)).Float32())
	case "BF16":
		return float64(math.Float32frombits(uint32(order.Uint16(b)) << 16))
	}
	return float64(int64(order.Uint64(b)))
}

// Delta is factor·B·A [out, in…] of A [r, in…] and B [out, r], summed in float64: of numbers as
// Filled gives them it is exact.
func Delta(factor float64, a, b Tensor) []float64 {
	r, in, out := a.Shape[0], len(a.Values)/a.Shape[0], b.Shape[0]
	delta := make([]float64, out*in)
	for o := range out {
		for i := range in {
			sum := 0.0
			for k := range r {
				sum += b.Values[o*r+k] * a.Values[k*in+i]
			}
			delta[o*in+i] = factor * sum
		}
	}
	return delta
}

// Wide is a tensor of float32 values.
func Wide(shape []int, values []float32) Tensor {
	t := Tensor{Shape: shape, Values: make([]float64, len(values))}
	for i, v := range values {
		t.Values[i] = float64(v)
	}
	return t
}
