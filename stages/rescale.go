package stages

import (
	"context"
	"math"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/recipe"
)

const (
	ofMean      = "of-mean"
	meanOfNorms = "mean-of-norms"
)

var rescaleKind = &Kind{
	Verb: recipe.Verb{
		Name:    "rescale",
		Summary: "bring an adapter to the norm of others",
		Doc: `Every tensor x becomes x·‖reference‖/‖x‖ (Frobenius); scope: adapter takes one factor for all
tensors, from norms over all of them. The parameter like names the reference.

norm: of-mean takes the norm of the reference adapters' weighted mean, tensor by tensor; in the space factors A
and B are two tensors. A tensor of norm ≤ 1e-6 is left alone. Unlike adapters have a mean far smaller
than they are themselves: 1/√n of n unrelated ones.

norm: mean-of-norms takes the weighted mean of these adapters' norms ‖ΔW‖ instead. The reference may be
in another space, and in factors B alone is multiplied. An adapter counts as 0 where it lacks a module;
one that is 0 everywhere has no part in the mean. Heads and biases pass unchanged, and missing has no
effect. With interference: κ the factor is multiplied by
min(1, √T/(1 + κ(T−1))), where T = (Σ‖wᵢ·ΔWᵢ‖)²/‖Σwᵢ·ΔWᵢ‖² is the number of adapters that differ: 1 of
identical ones, n of n unrelated ones of equal norm, more where they cancel each other.

The parameter by multiplies every tensor by a number instead.`,
		Flow:    "1 → 1",
		Example: "{rescale: merged, like: python}",
		Params: []*recipe.Param{
			{Name: string(keyReference), Type: recipe.ReferencesType{}, Doc: "whose norm it gets"},
			{Name: string(keyFactor), Type: positive, Doc: "a factor for every tensor"},
			{Name: string(keyNorm), Type: recipe.ChoiceType{ofMean, meanOfNorms}, Default: ofMean, Doc: "of several adapters, the norm of their mean, or the mean of their norms ‖ΔW‖"},
			{Name: string(keyInterference), Type: recipe.NumberType{Min: 0, Max: 1, Single: true}, Doc: "with mean-of-norms: how much to reduce a merge of adapters that differ; 0.4 in `norm: inputs`"},
			weightsParam,
			missingParam,
			{Name: string(keyScope), Type: scopeParam.Type, Default: scopeParam.Default, Doc: "a factor for each tensor, or one for the whole adapter"},
		},
	},
	Version: 2,
	Bind:    bindRescale,
}

// negligible is the norm below which a tensor's direction is noise.
const negligible = 1e-6

type rescaling struct {
	Spec
	found *adapterFactor // nil where every tensor has a factor of its own, or until a survey is over
}

func (r *rescaling) ofNorms() bool { return keyNorm.Of(r.Params) == meanOfNorms }

func bindRescale(spec Spec) (Op, Type, error) {
	r, in := &rescaling{Spec: spec}, spec.In
	var all *multierror.Error
	if keyReference.In(r.Params) == keyFactor.In(r.Params) {
		all = multierror.Append(all, fault.At(r.Position, "rescale needs either `like` or `by`").Mend("add `like: stage` or `by: number`"))
	}
	if keyFactor.In(r.Params) && keyNorm.In(r.Params) {
		all = multierror.Append(all, fault.At(keyNorm.At(r.Params), "`norm` is of what `like` names, and `by` is a number").
			Mend("remove it, or write `like: stage` instead of `by`"))
	}
	if keyInterference.In(r.Params) && !r.ofNorms() {
		all = multierror.Append(all, fault.At(keyInterference.At(r.Params), "`interference` needs `norm: mean-of-norms`: the norm of a mean has it already").
			Mend("add `norm: mean-of-norms`, or remove it"))
	}
	if len(in[0].Members) != 1 {
		all = multierror.Append(all, fault.At(r.Inputs[0].Position, "rescale works on one adapter, and %d flow in", len(in[0].Members)).
			Mend("rescale the result of a combining stage, or pick one: stage.adapter"))
	}
	all = multierror.Append(all, r.checkOfPairs(keyFactor, in[0]))
	if len(in) > 1 {
		if all.ErrorOrNil() == nil {
			all = multierror.Append(all, r.checkReference(in[0], in[1]))
		}
	}
	return r, in[0], all.ErrorOrNil()
}

// checkReference checks that the reference has the tensors whose norms are asked for.
func (r *rescaling) checkReference(in, reference Type) error {
	if r.ofNorms() {
		return r.checkNorms(in.Members[0], reference)
	}
	if in.Space != reference.Space {
		return fault.At(keyReference.At(r.Params), "the reference is in the space %s, the input in %s", reference.Space, in.Space).
			Mend("bring both into one space with `delta` or `factor`, or add `norm: mean-of-norms`, which compares ‖ΔW‖").See("spaces")
	}
	if err := r.checkNumber(keyWeights, reference); err != nil {
		return err
	}
	aligned, err := r.forReference().align(reference)
	if err != nil {
		return err
	}
	for _, m := range in.Members[0].Modules {
		if _, ok := aligned.Members[0].Find(m.Name); !ok {
			return r.lacking(m.Name)
		}
	}
	return nil
}

func (r *rescaling) lacking(module string) error {
	return fault.At(keyReference.At(r.Params), "the reference has no module %q", module).Mend("refer to a stage that has all modules")
}

// forReference is the stage with its reference as input, so that errors name that.
func (r *rescaling) forReference() Spec {
	out, stage := r.Spec, *r.Stage
	stage.Inputs, stage.Origin = keyReference.Of(r.Params), nil
	out.Stage = &stage
	return out
}

// Scratch is what fills the gaps of the reference, or makes all its deltas dense.
func (r *rescaling) Scratch(module string) int64 {
	switch {
	case len(r.In) < 2 || r.ofNorms():
		return 0
	default:
		return r.scratch(module, r.In[1], false)
	}
}

func (r *rescaling) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	switch {
	case r.found != nil && r.ofNorms():
		return Value{env.scalePart(in[0][0], r.found.factor)}, nil
	case r.found != nil:
		return env.scaleTensors(ctx, in[0], func(int, float64) float64 { return r.found.factor }), nil
	case len(in) > 1 && r.ofNorms():
		norms := r.normsAt(ctx, env, in)
		if _, sum, _ := norms.mean(); norms.Cancel() && env.Report != nil {
			env.Report(Deviation{Cancellation, in[0][0].Adapter, env.Module, square(norms.Sum.root()), square(sum)})
		}
		factor, _ := norms.factor(r.interference())
		return Value{env.scalePart(in[0][0], factor)}, nil
	}
	var norms []float64
	if len(in) > 1 {
		norms = r.referenceNorms(ctx, env, env.fillGaps(in[1]))
	}
	return env.scaleTensors(ctx, in[0], func(tensor int, norm float64) float64 {
		switch {
		case norms == nil:
			return keyFactor.Of(r.Params).At(in[0][0].Adapter, env.Site)
		case norm <= negligible:
			return 1
		default:
			return norms[tensor] / norm
		}
	}), nil
}

// referenceNorms are those of the reference's tensors, or of the weighted mean of
// its adapters' tensors: ‖Σ wᵢxᵢ‖² = wᵀ·G·w.
func (r *rescaling) referenceNorms(ctx context.Context, env Env, reference Value) []float64 {
	weights := divided(r.weights(env.Site, reference.names()))
	if env.Space == Delta && reference[0].A.Data != nil {
		g := gram{len(reference), lowrank.Gram(ctx, products(reference))}
		return []float64{math.Sqrt(max(0, g.inner(weights, weights)))}
	}
	var norms []float64
	for t := range reference[0].Tensors() {
		xs := make([][]float32, len(reference))
		for i := range reference {
			xs[i] = reference[i].Tensors()[t].Data
		}
		norms = append(norms, math.Sqrt(max(0, gramOf(ctx, xs).inner(weights, weights))))
	}
	return norms
}

// adapterFactor is the one factor of a rescale, once a survey has measured whole adapters.
type adapterFactor struct {
	factor float64
	// Of a mean of norms:
	norms     map[string]Norms // by module,
	different float64          // how many adapters differ,
	count     int              // of how many that are not 0
	cancel    bool
	zero      bool // nothing but rounding comes out
}

// interference is κ, 0 where none was written.
func (r *rescaling) interference() float64 {
	if !keyInterference.In(r.Params) {
		return 0
	}
	value, _ := keyInterference.Of(r.Params).Everywhere()
	return value
}

// OfInputs is true of what `norm: inputs` appends.
func (r *rescaling) OfInputs() (fault.Position, bool) {
	if !r.ofNorms() || r.Origin == nil || !keyNorm.In(r.Origin.Params) {
		return fault.Position{}, false
	}
	return keyNorm.At(r.Origin.Params), true
}

// normsAt measures the input and the reference at a module.
func (r *rescaling) normsAt(ctx context.Context, env Env, in []Value) Norms {
	return MeasureNorms(ctx, env.Module, r.In[1], in[1], r.referenceWeights(env.Site), r.In[0], in[0])
}

// referenceWeights are the weights of the reference's adapters: those that were written,
// or what the verb that this rescale was appended to makes of its own parameters.
func (r *rescaling) referenceWeights(site recipe.Site) []float64 {
	if r.Origin != nil {
		if kind, ok := Find(r.Origin.Verb.Name); ok && kind.Weights != nil {
			return kind.Weights(Spec{Stage: r.Origin, Recipe: r.Recipe, Dir: r.Dir}, site, r.In[1].Names())
		}
	}
	return r.weights(site, r.In[1].Names())
}

// checkNorms checks that norms of the reference can be compared with the input's.
func (r *rescaling) checkNorms(in Member, reference Type) error {
	all := multierror.Append(nil, r.checkOfPairs(keyWeights, reference))
	examples, common := make(map[string]*adapter.Module), false
	for _, member := range reference.Members {
		for _, m := range member.Modules {
			if m.Form != adapter.Whole {
				examples[m.Name] = m
			}
		}
	}
	for _, m := range in.Modules {
		if m.Form == adapter.Whole {
			continue
		}
		other := examples[m.Name]
		switch {
		case other == nil && keyScope.Of(r.Params) == "tensor":
			return multierror.Append(all, r.lacking(m.Name)).ErrorOrNil()
		case other == nil:
			continue
		case other.Out() != m.Out() || other.In() != m.In():
			return multierror.Append(all, fault.At(keyReference.At(r.Params), "module %q is %s in the reference and %s here", m.Name, layerText(other), layerText(m)).
				Mend("refer to adapters of the same layers")).ErrorOrNil()
		}
		common = true
	}
	if !common && len(in.Modules) > 0 {
		all = multierror.Append(all, fault.At(keyReference.At(r.Params), "the reference and the input have no module in common").
			Mend("refer to the adapters that the input was made of"))
	}
	return all.ErrorOrNil()
}

// scaleTensors multiplies every tensor of one adapter by a factor that depends on
// its norm. A delta held as a product is one tensor.
func (e Env) scaleTensors(ctx context.Context, in Value, factor func(tensor int, norm float64) float64) Value {
	if e.Space == Delta && in[0].A.Data != nil {
		return Value{e.scalePart(in[0], factor(0, normOf(ctx, in[0])))}
	}
	out := Value{in[0]}
	for t, slot := range out[0].Tensors() {
		f := factor(t, math.Sqrt(kernels.SumSquares(slot.Data)))
		src := *slot
		*slot = e.matrix(src.Rows, src.Cols)
		kernels.Scale(slot.Data, src.Data, float32(f))
	}
	return out
}
