package gen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// Document is a question to a model of one linear layer, and the right answer.
type Document struct {
	ID string    `json:"id"`
	X  []float64 `json:"x"`
	Y  []float64 `json:"y"`
}

// Heldout makes up documents for the task that an adapter was trained for, as lines of JSON: y = ΔW·x
// and noise, ΔW = s·B·A of one of its modules. The base model answers 0, so it is the adapter that
// answers; nobody answers the noise.
func Heldout(spec Spec, module Module, documents int) []byte {
	const noise = 0.02
	s := spec
	s.Modules = []Module{module}
	pair := s.tensors()
	a, b := s.values(pair[0]), s.values(pair[1])
	random := stream(spec.Name, "heldout")
	var out bytes.Buffer
	for d := range documents {
		x := rounded(module.In, 10, random.NormFloat64)
		i := 0
		y := rounded(module.Out, 1000, func() float64 {
			sum := noise * random.NormFloat64()
			for k := range spec.Rank {
				inner := 0.0
				for j, xj := range x {
					inner += float64(float64(a[k*module.In+j]) * xj)
				}
				sum += float64(float64(spec.Alpha) / float64(spec.Rank) * float64(b[i*spec.Rank+k]) * inner)
			}
			i++
			return sum
		})
		line, err := json.Marshal(Document{fmt.Sprintf("%s-%03d", spec.Name, d), x, y})
		if err != nil {
			panic(err) // finite numbers
		}
		out.Write(append(line, '\n'))
	}
	return out.Bytes()
}

// values are those that writeTo writes, before they are encoded.
func (s Spec) values(t tensor) []float32 {
	out := make([]float32, t.Shape[0]*t.Shape[1])
	fill(out, stream(s.Name, t.Name), t.spread)
	return out
}

// rounded draws numbers with as many decimals as the power of ten says.
func rounded(n int, power float64, draw func() float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.Round(draw()*power) / power
	}
	return out
}
