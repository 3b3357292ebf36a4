package adapter

import (
	"context"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/lowrank"
)

// Summary is what a folder holds, for people and programs to read.
type Summary struct {
	Path     string            `json:"path"`
	Format   string            `json:"format"`
	Base     string            `json:"base"`
	TaskType string            `json:"task_type,omitempty"`
	RSLoRA   bool              `json:"use_rslora"`
	Bytes    int64             `json:"bytes"` // of the weights' file
	Modules  []ModuleSummary   `json:"modules"`
	Notes    []string          `json:"notes"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// ModuleSummary is one module of a Summary.
type ModuleSummary struct {
	Name   string   `json:"name"`
	Form   string   `json:"form"`
	Shape  []int    `json:"shape"` // of ΔW [out, in], or of the whole tensor
	DTypes []string `json:"dtypes"`
	Rank   int      `json:"rank,omitempty"`
	Alpha  float64  `json:"alpha,omitempty"`
	Scale  float64  `json:"scale,omitempty"`
	Norm   float64  `json:"norm"` // ‖s·B·A‖ (Frobenius), or of the whole tensor
}

// ByEmbedding are the modules with all rows of tokens of an embedding as one, [rows, width], whose
// norm is that of all.
func (s *Summary) ByEmbedding() []ModuleSummary {
	var out []ModuleSummary
	at := make(map[string]int) // by layer
	for _, m := range s.Modules {
		token, row := TokenOf(m.Name)
		if !row || m.Form != Whole.String() {
			out = append(out, m)
			continue
		}
		i, known := at[token.Layer]
		if !known {
			i = len(out)
			at[token.Layer] = i
			out = append(out, ModuleSummary{Name: token.Layer, Form: "tokens", Shape: []int{0, m.Shape[len(m.Shape)-1]}, DTypes: m.DTypes})
		}
		out[i].Shape[0]++
		out[i].Norm = math.Hypot(out[i].Norm, m.Norm)
	}
	return out
}

// Summarize reads every tensor once. NaN or ±Inf in one is a Fault.
func (a *Adapter) Summarize(ctx context.Context) (*Summary, error) {
	s := &Summary{Path: a.Path, Format: a.Format.Name(), Base: a.Base.Name, TaskType: a.Task, RSLoRA: a.RSLoRA, Bytes: a.Store.Size(), Metadata: a.Metadata(),
		Modules: make([]ModuleSummary, len(a.Modules)), Notes: []string{}}
	for _, note := range a.Notes {
		s.Notes = append(s.Notes, note.Text)
	}
	if a.Unfit != nil {
		s.Notes = append(s.Notes, a.Unfit.Text)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range a.Modules {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			s.Modules[i], err = a.summarize(&a.Modules[i])
			return err
		})
	}
	return s, group.Wait()
}

func (a *Adapter) summarize(m *Module) (ModuleSummary, error) {
	s := ModuleSummary{Name: m.Name, Form: m.Form.String(), Rank: m.Rank, Alpha: m.Alpha, Scale: m.Scale}
	for _, tensor := range m.Tensors() {
		s.DTypes = append(s.DTypes, tensor.DType.String())
	}
	if m.Form == Whole {
		s.Shape = m.W.Shape
		if !m.W.DType.IsFloat() || m.W.Elements() == 0 {
			return s, nil
		}
		x := make([]float32, m.W.Elements())
		err := a.Read(m.W, x)
		s.Norm = math.Sqrt(kernels.SumSquares(x))
		return s, err
	}
	s.Shape = []int{m.Out(), m.In()}
	product, err := a.Pair(m)
	if err != nil {
		return s, err
	}
	s.Norm = math.Abs(m.Scale) * lowrank.Norm(product)
	return s, nil
}

// Placed is a stored tensor and the module it belongs to.
type Placed struct{ Module, Name string }

// TensorAt names the tensor that holds a byte of the weights' file.
func (a *Adapter) TensorAt(offset int64) (Placed, bool) {
	for i := range a.Modules {
		for _, tensor := range a.Modules[i].Tensors() {
			if tensor.holds(offset - a.Store.HeaderSize() - tensor.stored().Begin) {
				return Placed{a.Modules[i].Name, tensor.Name}, true
			}
		}
	}
	return Placed{}, false
}
