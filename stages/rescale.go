package stages

import (
	"context"
	"math"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/recipe"
)

var rescaleKind = &Kind{
	Verb: recipe.Verb{
		Name:    "rescale",
		Summary: "bring tensors back to the norm they had",
		Doc: `Every tensor x becomes x·‖reference‖/‖x‖ (Frobenius), where the reference is what the stage named by
like holds there: of several adapters, their weighted mean. A tensor of norm ≤ 1e-6 is left alone.
scope: adapter uses one factor, from the norms over all tensors. by multiplies every tensor by a
number instead. In the space factors A and B are two tensors, as in the article.`,
		Flow:    "1 → 1",
		Example: "{rescale: merged, like: python}",
		Params: []*recipe.Param{
			{Name: "like", Type: recipe.ReferenceType{}, Doc: "the stage whose norm is restored"},
			{Name: "by", Type: positive, Doc: "a factor for every tensor"},
			weightsParam,
			missingParam,
			scopeParam,
		},
	},
	Version: 1,
	New:     func(s Setting) Stage { return &rescaling{s} },
}

// negligible is the norm below which a tensor's direction is noise.
const negligible = 1e-6

type rescaling struct{ Setting }

func (r *rescaling) Check(in []Type) (Type, error) {
	var all *multierror.Error
	if r.Params.Has("like") == r.Params.Has("by") {
		all = multierror.Append(all, recipe.Mistakef(r.Position, "add `like: stage` or `by: number`", "rescale needs either `like` or `by`"))
	}
	if len(in[0].Members) != 1 {
		all = multierror.Append(all, recipe.Mistakef(r.Inputs[0].Position, "rescale what a combining stage gives, or pick one: stage.adapter", "rescale works on one adapter, and %d flow in", len(in[0].Members)))
	}
	all = multierror.Append(all, r.checkNumber("by", in[0]))
	if len(in) > 1 && all.ErrorOrNil() == nil {
		all = multierror.Append(all, r.checkReference(in[0], in[1]))
	}
	return in[0], all.ErrorOrNil()
}

// checkReference checks that the reference has the tensors whose norms are asked for.
func (r *rescaling) checkReference(in, reference Type) error {
	if in.Space != reference.Space {
		return recipe.Mistakef(r.Params.At("like"), "bring both into one space with `delta` or `factor`", "the reference is in the space %s, the input in %s", reference.Space, in.Space).See("spaces")
	}
	if err := r.checkNumber("weights", reference); err != nil {
		return err
	}
	aligned, err := r.forReference().align(reference)
	if err != nil {
		return err
	}
	for _, m := range in.Members[0].Modules {
		if _, ok := aligned.Members[0].Find(m.Name); !ok {
			return recipe.Mistakef(r.Params.At("like"), "refer to a stage that has all modules", "the reference has no module %q", m.Name)
		}
	}
	return nil
}

// forReference is the stage as far as it takes in its reference, which mistakes then name.
func (r *rescaling) forReference() Setting {
	out, stage := r.Setting, *r.Stage
	stage.Inputs, stage.Origin = []recipe.Reference{*r.Params.Reference("like")}, nil
	out.Stage = &stage
	return out
}

// Scratch is what fills the gaps of the reference.
func (r *rescaling) Scratch(module string, in []Type) int64 {
	if len(in) < 2 {
		return 0
	}
	return r.scratch(module, in[1], false)
}

func (r *rescaling) Apply(_ context.Context, at Site, in []Value) (Value, error) {
	var norms []float64
	if len(in) > 1 {
		norms = r.referenceNorms(at, at.fillGaps(in[1]))
	}
	return at.scaleTensors(in[0], func(tensor int, norm float64) float64 {
		switch {
		case norms == nil:
			return r.Params.Number("by").At(in[0][0].Adapter, at.Site)
		case norm <= negligible:
			return 1
		default:
			return norms[tensor] / norm
		}
	}), nil
}

// scaleTensors multiplies every tensor of one adapter by a factor that depends on
// its norm. A delta held as a product is one tensor.
func (s Site) scaleTensors(in Value, factor func(tensor int, norm float64) float64) Value {
	if s.Space == Delta && in[0].A.Data != nil {
		return Value{s.scalePart(in[0], factor(0, lowrank.Norm(products(in)[0])))}
	}
	out := Value{in[0]}
	for t, slot := range out[0].Tensors() {
		f := factor(t, math.Sqrt(kernels.SumSquares(slot.Data)))
		src := *slot
		*slot = s.matrix(src.Rows, src.Cols)
		kernels.Scale(slot.Data, src.Data, float32(f))
	}
	return out
}

// referenceNorms are those of the reference's tensors, or of the weighted mean of
// its adapters' tensors: ‖Σ wᵢxᵢ‖² = wᵀ·G·w.
func (r *rescaling) referenceNorms(at Site, reference Value) []float64 {
	weights := divided(r.weights(at.Site, reference.names()))
	if at.Space == Delta && reference[0].A.Data != nil {
		g := gram{len(reference), lowrank.Gram(products(reference))}
		return []float64{math.Sqrt(max(0, g.inner(weights, weights)))}
	}
	var norms []float64
	for t := range reference[0].Tensors() {
		xs := make([][]float32, len(reference))
		for i := range reference {
			xs[i] = reference[i].Tensors()[t].Data
		}
		norms = append(norms, math.Sqrt(max(0, gramOf(xs).inner(weights, weights))))
	}
	return norms
}
