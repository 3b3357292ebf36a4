package adapter

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A convolution in g groups has A [r, in, k…] and B [out, r/g, 1…]: PEFT's lora_B is a
// convolution in g groups too, so that the outputs of group j see the j-th r/g rows of A
// alone. Group by group it is a pair like any other, A [r/g, in, k…] and B [out/g, r/g, 1…],
// which together are what is stored. So a group is a module, called LAYER[j/g].
var groupForm = regexp.MustCompile(`^(.*)\[(\d{1,6})/(\d{1,6})\]$`)

// group is the place of a module among the groups of its layer.
type group struct {
	layer    string
	at, many int
}

// groupOf parses a module's name; a layer without groups has one.
func groupOf(module string) group {
	if !strings.HasSuffix(module, "]") {
		return group{module, 0, 1}
	}
	m := groupForm.FindStringSubmatch(module)
	if m == nil {
		return group{module, 0, 1}
	}
	at, _ := strconv.Atoi(m[2])
	many, _ := strconv.Atoi(m[3])
	if at >= many || many < 2 {
		return group{module, 0, 1}
	}
	return group{m[1], at, many}
}

func (g group) module() string { return fmt.Sprintf("%s[%d/%d]", g.layer, g.at, g.many) }

// LayerOf is the name of the layer that a module is, or is a group of.
func LayerOf(module string) string { return groupOf(module).layer }

// Groups is how many modules the layer of a module is made of: of a grouped convolution its
// groups, else 1.
func Groups(module string) int { return groupOf(module).many }

// LayerRank is the rank that PEFT knows: the layer's.
func (m *Module) LayerRank() int { return m.Rank * Groups(m.Name) }

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
		g := group{m.Name, at, many}
		part := *m
		part.Name = g.module()
		part.A, part.B = nth(m.A, g), nth(m.B, g)
		part.Rank = m.Rank / many
		part.Alpha = m.Scale * float64(part.Rank)
		out[at] = part
	}
	return out
}

// nth is a group's share of the rows of a stored tensor.
func nth(t Tensor, g group) Tensor {
	return t.rows(group{t.Name, g.at, g.many}.module(), g.at, g.many)
}

// Layers puts the groups of convolutions together again: every layer has one module, of the
// largest rank among its groups, each group's share filled up with zeros, and of one scale.
func Layers(modules []*Module) []*Module {
	if !slices.ContainsFunc(modules, func(m *Module) bool { return Groups(m.Name) > 1 }) {
		return modules
	}
	var out []*Module
	layers := make(map[string]*Module)
	for _, m := range modules {
		g := groupOf(m.Name)
		if g.many == 1 {
			out = append(out, m)
			continue
		}
		whole := layers[g.layer]
		if whole == nil {
			copied := *m
			whole = &copied
			whole.Name, whole.Rank, whole.Scale = g.layer, 0, 0
			layers[g.layer] = whole
			out = append(out, whole)
		}
		whole.Rank = max(whole.Rank, m.Rank*g.many)
		whole.RankPending = whole.RankPending || m.RankPending
		if math.Abs(m.Scale) > math.Abs(whole.Scale) {
			whole.Scale = m.Scale
		}
		whole.A.Shape, whole.B.Shape = slices.Clone(m.A.Shape), slices.Clone(m.B.Shape)
		whole.A.Shape[0], whole.B.Shape[0], whole.B.Shape[1] = whole.Rank, m.B.Shape[0]*g.many, whole.Rank/g.many
		whole.Alpha = whole.Scale * float64(whole.Rank)
	}
	slices.SortFunc(out, func(x, y *Module) int { return cmp.Compare(x.Name, y.Name) })
	return out
}

// MissingGroup names a group of a convolution that is not among the modules while others of
// its layer are.
func MissingGroup(modules []*Module) (string, bool) {
	count := make(map[string]int)
	for _, m := range modules {
		if g := groupOf(m.Name); g.many > 1 {
			count[g.layer]++
		}
	}
	for _, m := range modules {
		g := groupOf(m.Name)
		for at := 0; g.many > 1 && count[g.layer] < g.many && at < g.many; at++ {
			name := group{g.layer, at, g.many}.module()
			if !slices.ContainsFunc(modules, func(m *Module) bool { return m.Name == name }) {
				return name, true
			}
		}
	}
	return "", false
}

// widened lays a group's rows of A or B out as its layer has them: A gets rows of zeros and
// B columns of zeros, and B takes up what the layer's scale lacks.
func (m *Module) widened(layer *Module, i int, x []float32) []float32 {
	rank := layer.Rank / Groups(m.Name)
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
