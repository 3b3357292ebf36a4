package stages

import (
	"context"
	"slices"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/lowrank"
)

// matrix is a new one of the same shape, undefined inside.
func (e Env) matrix(rows, cols int) Matrix {
	return Matrix{Rows: rows, Cols: cols, Data: e.Memory.Floats(rows * cols)}
}

// mapTensors makes a new part of the same shapes; f fills each tensor from the old one.
func (e Env) mapTensors(p *Part, f func(label byte, dst, src Matrix)) Part {
	out := *p
	labels := p.labels()
	for i, dst := range out.Tensors() {
		src := *dst
		*dst = e.matrix(src.Rows, src.Cols)
		f(labels[i], *dst, src)
	}
	return out
}

// mapParts is mapTensors over all parts of a value, deltas multiplied out.
func (e Env) mapParts(ctx context.Context, in Value, f func(part *Part, label byte, dst, src Matrix)) Value {
	out := make(Value, len(in))
	for i := range in {
		if ctx.Err() != nil {
			return nil
		}
		part, made := e.dense(ctx, in[i])
		out[i] = e.mapTensors(&part, func(label byte, dst, src Matrix) { f(&part, label, dst, src) })
		if made {
			e.Memory.Free(part.W.Data)
		}
	}
	return out
}

// mapAll makes new parts of the same shapes, deltas multiplied out; f fills the
// tensors of one label of all the parts together. A dst may be its own src.
func (e Env) mapAll(ctx context.Context, in Value, f func(dsts, srcs []Matrix)) Value {
	out, made := e.densify(ctx, in)
	for t := range out[0].Tensors() {
		dsts, srcs := make([]Matrix, len(in)), make([]Matrix, len(in))
		for i := range out {
			slot := out[i].Tensors()[t]
			srcs[i] = *slot
			if !made[i] {
				*slot = e.matrix(slot.Rows, slot.Cols)
			}
			dsts[i] = *slot
		}
		f(dsts, srcs)
	}
	return out
}

// combine makes one part out of all, deltas multiplied out; f fills each tensor from
// those of one label.
func (e Env) combine(ctx context.Context, name string, in Value, f func(label byte, dst Matrix, srcs []Matrix)) Value {
	all, made := e.densify(ctx, in)
	labels := all[0].labels()
	out := all[0]
	out.Adapter = name
	for t, slot := range out.Tensors() {
		srcs := make([]Matrix, len(all))
		for i := range all {
			srcs[i] = *all[i].Tensors()[t]
		}
		*slot = e.matrix(srcs[0].Rows, srcs[0].Cols)
		f(labels[t], *slot, srcs)
	}
	for i := range all {
		if made[i] {
			e.Memory.Free(all[i].W.Data)
		}
	}
	return Value{out}
}

// blockLength is a number of elements that a pass over some hundred tensors gets through
// in a fraction of a second.
const blockLength = 1 << 20

// inBlocks visits the elements [0, n) block by block, until ctx ends.
func inBlocks(ctx context.Context, n int, visit func(from, to int)) {
	for from := 0; from < n && ctx.Err() == nil; from += blockLength {
		visit(from, min(from+blockLength, n))
	}
}

// data gives the elements of each matrix.
func data(matrices []Matrix) [][]float32 {
	out := make([][]float32, len(matrices))
	for i, m := range matrices {
		out[i] = m.Data
	}
	return out
}

// ranges gives the elements [from, to) of each matrix.
func ranges(matrices []Matrix, from, to int) [][]float32 {
	out := data(matrices)
	for i := range out {
		out[i] = out[i][from:to]
	}
	return out
}

// worthSharing is the number of elements below which a goroutine of their own costs
// more than it saves.
const worthSharing = 1 << 18

// scalePart multiplies a part by a factor: B of a pair, or W.
func (e Env) scalePart(part Part, factor float64) Part {
	slot := &part.B
	if part.W.Data != nil {
		slot = &part.W
	}
	if factor == 1 || slot.Data == nil {
		return part
	}
	src := *slot
	*slot = e.matrix(src.Rows, src.Cols)
	kernels.Scale(slot.Data, src.Data, float32(factor))
	return part
}

// pad adds rows of zeros to A and columns of zeros to B.
func (e Env) pad(a, b Matrix, rank int) (Matrix, Matrix) {
	wideA, wideB := e.matrix(rank, a.Cols), e.matrix(b.Rows, rank)
	clear(wideA.Data[copy(wideA.Data, a.Data):])
	for i := range b.Rows {
		row := wideB.Row(i)
		clear(row[copy(row, b.Row(i)):])
	}
	return wideA, wideB
}

// densify is dense over all parts of a value.
func (e Env) densify(ctx context.Context, in Value) (out Value, made []bool) {
	out, made = make(Value, len(in)), make([]bool, len(in))
	for i := range in {
		out[i], made[i] = e.dense(ctx, in[i])
	}
	return out, made
}

// dense multiplies one delta out if it is held as a product; made reports whether
// its W is new and not shared.
func (e Env) dense(ctx context.Context, part Part) (dense Part, made bool) {
	if e.Space != Delta || part.A.Data == nil {
		return part, false
	}
	w := e.matrix(part.B.Rows, part.A.Cols)
	lowrank.Dense(ctx, w, lowrank.Product{B: part.B, A: part.A}, e.Workers)
	return Part{Adapter: part.Adapter, W: w}, true
}

// matchDense makes all deltas of a slot dense if one of them is, as its Type has it.
func (e Env) matchDense(ctx context.Context, in Value) Value {
	if e.Space == Delta && slices.ContainsFunc(in, func(p Part) bool { return p.W.Data != nil }) {
		in, _ = e.densify(ctx, in)
	}
	return in
}

// fillGaps gives the parts that an adapter lacks zero tensors of the others' shapes.
func (e Env) fillGaps(in Value) Value {
	at := slices.IndexFunc(in, func(p Part) bool { return !p.Absent() })
	if !slices.ContainsFunc(in, func(p Part) bool { return p.Absent() }) {
		return in
	}
	out := slices.Clone(in)
	for i := range out {
		if out[i].Absent() {
			name := out[i].Adapter
			out[i] = e.mapTensors(&in[at], func(_ byte, dst, _ Matrix) { clear(dst.Data) })
			out[i].Adapter = name
		}
	}
	return out
}
