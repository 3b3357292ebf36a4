package mlx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// Layout pads every pair to one rank, and folds into b what one scale can't say.
func (format) Layout(content adapter.Content) (*adapter.Layout, error) {
	rank, layers := 0, adapter.Layers(content.Modules)
	for _, m := range layers {
		if m.Form != adapter.Linear && m.Form != adapter.Embedding && m.Form != adapter.Expert {
			return nil, fault.New("MLX has no place for %q, whose layer is neither linear nor an embedding (%s)", m.Name, m.Form).
				Mend(fmt.Sprintf("leave it out with `exclude: %q` in a `select`", m.Name))
		}
		rank = max(rank, m.Rank)
	}
	scale := commonScale(layers)
	config, err := encode(outConfig{
		FineTuneType: lora,
		Parameters:   outParameters{Keys: adapter.TargetNames(content.Modules), Rank: rank, Scale: float(scale)},
		Model:        content.Base.Name, Revision: content.Base.Revision, NumLayers: -1,
	})
	if err != nil {
		return nil, err
	}
	layout := &adapter.Layout{Names: Format.Names(), Library: "mlx", Config: config, Rank: rank, Packing: adapter.Safetensors, Rounds: rounds(content.Modules, scale)}
	for _, m := range layers {
		layout.Stored = append(layout.Stored, places(m, rank, scale)...)
	}
	return layout, nil
}

// places are those of lora_a [in, rank] and lora_b [rank, out], of a stack of experts [experts, rank, in] and
// [experts, out, rank]. What a smaller rank lacks are zeros, which change nothing of a·b.
func places(m *adapter.Module, rank int, scale float64) []adapter.Place {
	in, out := m.In(), m.Out()
	factor := float32(1)
	if m.Scale != scale {
		factor = float32(m.Scale / scale)
	}
	if many := m.A.Shape[0] / m.Rank; m.Form == adapter.Expert {
		return []adapter.Place{
			{Spec: safetensors.Spec{Name: m.Name + ".lora_a", DType: m.A.DType, Shape: []int{many, rank, m.A.Shape[1]}}, Module: m, Index: 0,
				Arrange: func(a []float32) []float32 { return widened(a, len(a), 1, rank*m.A.Shape[1]) }},
			{Spec: safetensors.Spec{Name: m.Name + ".lora_b", DType: m.B.DType, Shape: []int{many, out, rank}}, Module: m, Index: 1,
				Arrange: func(b []float32) []float32 { return widened(b, len(b)/out, factor, rank) }},
		}
	}
	return []adapter.Place{
		{Spec: safetensors.Spec{Name: m.Name + ".lora_a", DType: m.A.DType, Shape: []int{in, rank}}, Module: m, Index: 0,
			Arrange: func(a []float32) []float32 { return transpose(a, in, 1, make([]float32, in*rank), rank) }},
		{Spec: safetensors.Spec{Name: m.Name + ".lora_b", DType: m.B.DType, Shape: []int{rank, out}}, Module: m, Index: 1,
			Arrange: func(b []float32) []float32 {
				return transpose(b, len(b)/out, factor, make([]float32, rank*out), out)
			}},
	}
}

// widened fills rows of that many columns up with zeros, and multiplies them by a factor.
func widened(x []float32, columns int, factor float32, wide int) []float32 {
	out := make([]float32, len(x)/columns*wide)
	for i := range len(x) / columns {
		for j, v := range x[i*columns : (i+1)*columns] {
			out[i*wide+j] = v * factor
		}
	}
	return out
}

// transpose writes the transpose of x, whose rows have that many columns, times a factor, to
// the beginning of each row of dst.
func transpose(x []float32, columns int, factor float32, dst []float32, stride int) []float32 {
	for i := range len(x) / columns {
		for j, v := range x[i*columns : (i+1)*columns] {
			dst[j*stride+i] = v * factor
		}
	}
	return dst
}

// commonScale is the scale that all modules have. If they differ, every factor by which a b is
// multiplied should be a power of two, which rounds nothing: by the scale 1, or else by the
// first of theirs. Where there is none of the kind it is 1.
func commonScale(modules []*adapter.Module) float64 {
	differ := func(m *adapter.Module) bool { return m.Scale != modules[0].Scale }
	if len(modules) > 0 && !slices.ContainsFunc(modules, differ) {
		return modules[0].Scale
	}
	for _, m := range modules {
		for _, scale := range []float64{1, m.Scale} {
			inexact := func(m *adapter.Module) bool { return !powerOfTwo(m.Scale / scale) }
			if scale != 0 && !slices.ContainsFunc(modules, inexact) {
				return scale
			}
		}
		if m.Scale != 0 {
			break
		}
	}
	return 1
}

// rounds says which scale is folded into numbers of 16 bits that round it.
func rounds(modules []*adapter.Module, scale float64) string {
	for _, m := range modules {
		if m.Scale != scale && m.B.DType.Bits() < 32 && !powerOfTwo(m.Scale/scale) {
			return fmt.Sprintf("MLX has one scale for all pairs, so scales that differ, such as %.6g of %q, are multiplied into lora_b, where %s rounds them", m.Scale, m.Name, m.B.DType)
		}
	}
	return ""
}

// powerOfTwo is true of 0 too.
func powerOfTwo(x float64) bool {
	fraction, _ := math.Frexp(math.Abs(x))
	return fraction == 0.5 || fraction == 0
}

// outConfig is what mlx_lm needs of the arguments that its trainer writes, sorted as there.
type outConfig struct {
	FineTuneType string        `json:"fine_tune_type"`
	Parameters   outParameters `json:"lora_parameters"`
	Model        string        `json:"model,omitempty"`
	NumLayers    int           `json:"num_layers"`         // from the last one on; -1 is all
	Revision     string        `json:"revision,omitempty"` // of model; of loramerge's own
}

type outParameters struct {
	Dropout float    `json:"dropout"`
	Keys    []string `json:"keys"`
	Rank    int      `json:"rank"`
	Scale   float    `json:"scale"`
}

// float is written as Python writes it: 2.0 where encoding/json has 2.
type float float64

// MarshalJSON gives the shortest text that is read back as the same number.
func (f float) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(f), 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return []byte(text), nil
}

func encode(config outConfig) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "    ")
	if err := encoder.Encode(config); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}
