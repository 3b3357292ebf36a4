package adapter

import (
	"fmt"
	"slices"

	"github.com/loramerge/loramerge/internal/safetensors"
)

// DType is the element type of a stored tensor.
type DType = safetensors.DType

// Tensor is a tensor of a module: its dtype and shape are what a merge works with, whatever
// the order in which its elements are stored.
type Tensor struct {
	Name  string // of what is stored; where several tensors lie in it, with a mark of which
	DType DType
	Shape []int
	file  *safetensors.Tensor // nil of one that is not stored yet
	laid  *laid               // nil where its elements are what the file's tensor holds, row by row
}

// laid is how elements lie in a file's tensor. It is apart, since a plan has many copies of
// tensors, and few of them need it.
type laid struct {
	turn  turn
	order Order
}

func (t Tensor) stored() safetensors.Tensor {
	if t.file == nil {
		return safetensors.Tensor{}
	}
	return *t.file
}

func (t Tensor) turn() turn {
	if t.laid == nil {
		return turn{}
	}
	return t.laid.turn
}

func (t Tensor) order() Order {
	if t.laid == nil {
		return Order{}
	}
	return t.laid.order
}

// turn is a tensor's among many whose elements take turns in what is stored: its element n is
// the stored tensor's element n·many + at. If many is 0 the stored tensor is its own.
type turn struct{ at, many int }

// Order is how the elements of a matrix lie in a tensor: element [i, j] is the tensor's
// element Start + i·Row + j·Column. In the zero Order they lie row by row, from the
// first on. With Heads the rows are stored as Interleaved has them.
type Order struct{ Start, Row, Column, Heads int }

// Transposed is the order of a matrix with that many rows, stored column by column.
func Transposed(rows int) Order { return Order{Row: 1, Column: rows} }

// Interleaved is the place of a row among the rows of a layer with that many heads, where in
// each head the rows of its two halves alternate: row half·n/2 + i of n becomes 2i + half.
func Interleaved(row, rows, heads int) int {
	n := rows / heads
	half, i := row%n/(n/2), row%n%(n/2)
	return row - row%n + 2*i + half
}

// Stored is a tensor as it is stored.
func Stored(t safetensors.Tensor) Tensor {
	return Tensor{Name: t.Name, DType: t.DType, Shape: t.Shape, file: &t}
}

// Reordered is the matrix of that shape whose elements lie in t in that order. It panics if
// they don't all lie in it.
func (t Tensor) Reordered(name string, shape []int, order Order) Tensor {
	last := order.Start + (shape[0]-1)*order.Row + (shape[1]-1)*order.Column
	if t.order() != (Order{}) || len(shape) != 2 || order.Start < 0 || last >= t.Elements() {
		panic(fmt.Sprintf("adapter: a matrix %d in the order %+v of tensor %q, which has the shape %d", shape, order, t.Name, t.Shape))
	}
	t.Name, t.Shape, t.laid = name, slices.Clone(shape), &laid{t.turn(), order}
	return t
}

// Rows is the at-th of many equal shares of the rows of a tensor that is stored row by row. It
// panics if the rows can't be shared so.
func (t Tensor) Rows(name string, at, many int) Tensor {
	t.checkShare(t.Shape[0], at, many)
	size := t.Size() / int64(many)
	t.Name, t.Shape = name, slices.Clone(t.Shape)
	t.Shape[0] /= many
	stored := t.stored()
	stored.Begin += int64(at) * size
	stored.End = stored.Begin + size
	t.file = &stored
	return t
}

// Turn is the at-th of many tensors whose elements take turns in the last dimension of t. It
// panics if the dimension can't be shared so.
func (t Tensor) Turn(name string, at, many int) Tensor {
	last := len(t.Shape) - 1
	t.checkShare(t.Shape[last], at, many)
	t.Name, t.Shape = name, slices.Clone(t.Shape)
	t.Shape[last] /= many
	t.laid = &laid{turn{at, many}, t.order()}
	return t
}

func (t Tensor) checkShare(dim, at, many int) {
	if t.order() != (Order{}) || t.turn().many > 0 || at < 0 || at >= many || dim%many != 0 {
		panic(fmt.Sprintf("adapter: share %d of %d of the tensor %q, which has the shape %d", at, many, t.Name, t.Shape))
	}
}

// holds reports whether a byte of the stored tensor is one of its own.
func (t Tensor) holds(offset int64) bool {
	if offset < 0 || offset >= t.stored().Size() {
		return false
	}
	element := offset * 8 / int64(t.DType.Bits())
	return t.turn().many == 0 || element%int64(t.turn().many) == int64(t.turn().at)
}

// Elements is how many it has, Π shape.
func (t Tensor) Elements() int {
	n := 1
	for _, dim := range t.Shape {
		n *= dim
	}
	return n
}

// Size is how many bytes its elements take.
func (t Tensor) Size() int64 { return int64(t.Elements()) * int64(t.DType.Bits()) / 8 }

// gather brings the bytes of the elements into the order of rows.
func (t Tensor) gather(stored []byte) []byte {
	width := t.DType.Bits() / 8
	rows, columns := t.Shape[0], t.Shape[1]
	out := make([]byte, 0, t.Size())
	for i := range rows {
		at := i
		if t.order().Heads > 0 {
			at = Interleaved(i, rows, t.order().Heads)
		}
		for j := range columns {
			from := (t.order().Start + at*t.order().Row + j*t.order().Column) * width
			out = append(out, stored[from:from+width]...)
		}
	}
	return out
}
