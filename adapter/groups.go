package adapter

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Some layers hold several matrices of one shape, and store their pairs as one. Part by part each is
// a pair like any other, so a part is a module, called LAYER[j/g].
//
// A convolution in g groups has A [r, in, k…] and B [out, r/g, 1…]: PEFT's lora_B is a
// convolution in g groups too, so that the outputs of group j see the j-th r/g rows of A
// alone. A group's pair is A [r/g, in, k…] and B [out/g, r/g, 1…].
//
// The experts of a mixture that are one parameter [g, out, in] have A [r·g, in] and B [out, r·g], where
// expert j has the rows j·r+k of A and the columns k·g+j of B (PEFT, ParamWrapper.get_delta_weight).
type part struct {
	layer    string
	at, many int
}

// partOf parses a module's name; a layer that is not in parts has one.
func partOf(module string) part {
	whole := part{module, 0, 1}
	rest, closed := strings.CutSuffix(module, "]")
	open := strings.LastIndexByte(rest, '[')
	if !closed || open < 0 {
		return whole
	}
	at, many, slash := strings.Cut(rest[open+1:], "/")
	p := part{rest[:open], digits(at), digits(many)}
	if !slash || p.at < 0 || p.at >= p.many || p.many < 2 {
		return whole
	}
	return p
}

// digits is a number as a part's name has it, or -1.
func digits(text string) int {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || len(text) > 6 || text[0] == '+' {
		return -1
	}
	return int(n)
}

func (p part) module() string { return fmt.Sprintf("%s[%d/%d]", p.layer, p.at, p.many) }

// LayerOf is the layer of a module, which other modules may belong to as well.
func LayerOf(module string) string { return partOf(module).layer }

// PartName is the name of the at-th of many modules that a layer consists of.
func PartName(layer string, at, many int) string { return part{layer, at, many}.module() }

// Sharing is how many modules share the rank of their layer: of a convolution its groups, else 1. Each
// expert of a stack has the rank that the stack is said to have.
func (m *Module) Sharing() int {
	if m.Form != Conv {
		return 1
	}
	return partOf(m.Name).many
}

// LayerRank is the rank that PEFT knows: the layer's.
func (m *Module) LayerRank() int { return m.Rank * m.Sharing() }

// groups is the number of groups that a pair's shapes imply; 0 if they don't fit.
func (m *Module) groups() int {
	r, perGroup := m.A.Shape[0], m.B.Shape[1]
	if r == perGroup {
		return 1
	}
	if m.Form != Conv || perGroup == 0 || r%perGroup != 0 || m.B.Shape[0]%(r/perGroup) != 0 {
		return 0
	}
	return r / perGroup
}

// split gives the groups of a convolution that was checked. Their bytes follow each other in
// the stored tensors.
func (m *Module) split() []Module {
	many := m.groups()
	if many == 1 {
		return []Module{*m}
	}
	out := make([]Module, many)
	for at := range out {
		group := *m
		group.Name = PartName(m.Name, at, many)
		group.A = m.A.Rows(PartName(m.A.Name, at, many), at, many)
		group.B = m.B.Rows(PartName(m.B.Name, at, many), at, many)
		group.Rank = m.Rank / many
		group.Alpha = m.Scale * float64(group.Rank)
		out[at] = group
	}
	return out
}

// Layers puts the parts of layers together again: every layer has one module, of the
// largest rank among its parts, each part's share filled up with zeros, and of one scale. The Rank of
// a stack of experts is that of each.
func Layers(modules []*Module) []*Module {
	if !slices.ContainsFunc(modules, func(m *Module) bool { return partOf(m.Name).many > 1 }) {
		return modules
	}
	var out []*Module
	layers := make(map[string]*Module)
	for _, m := range modules {
		p := partOf(m.Name)
		if p.many == 1 {
			out = append(out, m)
			continue
		}
		whole := layers[p.layer]
		if whole == nil {
			copied := *m
			whole = &copied
			whole.Name, whole.Rank, whole.Scale = p.layer, 0, 0
			whole.A.Shape, whole.B.Shape = slices.Clone(m.A.Shape), slices.Clone(m.B.Shape)
			layers[p.layer] = whole
			out = append(out, whole)
		}
		whole.Rank = max(whole.Rank, m.LayerRank())
		whole.RankPending = whole.RankPending || m.RankPending
		if math.Abs(m.Scale) > math.Abs(whole.Scale) {
			whole.Scale = m.Scale
		}
		whole.shapeOf(m, p.many)
	}
	slices.SortFunc(out, func(x, y *Module) int { return cmp.Compare(x.Name, y.Name) })
	return out
}

// shapeOf gives a layer of its rank the shapes that follow from those of one of its parts.
func (m *Module) shapeOf(of *Module, many int) {
	m.Alpha = m.Scale * float64(m.Rank)
	if m.Form == Conv {
		m.A.Shape[0], m.B.Shape[0], m.B.Shape[1] = m.Rank, of.B.Shape[0]*many, m.Rank/many
		return
	}
	m.A.Shape[0], m.B.Shape[1] = m.Rank*many, m.Rank*many
}

// MissingPart names a part of a layer that is not among the modules while others of
// its layer are.
func MissingPart(modules []*Module) (string, bool) {
	count := make(map[string]int)
	for _, m := range modules {
		if p := partOf(m.Name); p.many > 1 {
			count[p.layer]++
		}
	}
	for _, m := range modules {
		p := partOf(m.Name)
		for at := 0; p.many > 1 && count[p.layer] < p.many && at < p.many; at++ {
			name := PartName(p.layer, at, p.many)
			if !slices.ContainsFunc(modules, func(m *Module) bool { return m.Name == name }) {
				return name, true
			}
		}
	}
	return "", false
}

// widened lays a part's rows of A or B out as its layer has them: A gets rows of zeros and
// B columns of zeros, and B takes up what the layer's scale lacks.
func (m *Module) widened(layer *Module, i int, x []float32) []float32 {
	rank := layer.Rank / m.Sharing()
	factor := float32(1)
	if m.Scale != layer.Scale {
		factor = float32(m.Scale / layer.Scale)
	}
	if rank == m.Rank && (i == 0 || factor == 1) {
		return x
	}
	if i == 0 {
		return append(slices.Clone(x), make([]float32, len(x)/m.Rank*(rank-m.Rank))...)
	}
	rows := len(x) / m.Rank
	out := make([]float32, rows*rank)
	for row := range rows {
		for k := range m.Rank {
			out[row*rank+k] = x[row*m.Rank+k] * factor
		}
	}
	return out
}
