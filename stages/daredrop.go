package stages

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/recipe"
)

var (
	dropByParam = &recipe.Param{Name: string(keyBy), Type: recipe.ChoiceType{"chance", "disagreement"}, Default: "chance",
		Doc: "drop at random (chance), or where the adapters' signs are not all equal"}
	dropDensityParam = &recipe.Param{Name: string(keyDensity), Type: share, Doc: "the share of elements to keep; needed to drop at random"}
	epsilonParam     = &recipe.Param{Name: string(keyEpsilon), Type: recipe.NumberType{Min: 0, Max: 0.5}, Default: recipe.Constant(0),
		Doc: "how much more likely the largest elements of a row stay, and less the smallest (DELLA)"}
	seedParam    = &recipe.Param{Name: string(KeySeed), Type: recipe.CountType{}, Doc: "the seed of the random streams; by default the recipe's seed"}
	rescaleParam = &recipe.Param{Name: string(keyRescale), Type: recipe.ChoiceType{"inverse-density", "l1", "l2", "none"}, Default: "inverse-density",
		Doc: "multiply what is left by 1/density, or so as to restore the tensor's norm"}
)

var dareDropKind = &Kind{
	Verb: recipe.Verb{
		Name:    "dare-drop",
		Summary: "drop elements at random and rescale the others, or drop elements whose signs disagree",
		Doc: `by: chance is DARE (arXiv:2311.03099): every element stays with the probability density, and what
stays is multiplied by 1/density, so that the expectation is unchanged. Every tensor has a random
stream of its own, made from seed, adapter, module and tensor, so that adding an adapter changes no
other mask. A second drop, in this recipe or in one that it loads, draws a mask of its own.
With an epsilon ε the chance follows the magnitude (DELLA, arXiv:2406.11617): of the n elements of a row,
from the smallest at k = 1 to the largest at k = n, each stays with p = density − ε + 2ε·(k−1)/(n−1), not
below 0 nor above 1, and is multiplied by 1/p. A density of 1 keeps all.
by: disagreement keeps an element only where all adapters have the same sign.`,
		Flow:    "n → n",
		Example: "{dare-drop: [python, sql], density: 0.3, seed: 7}",
		Params:  []*recipe.Param{dropByParam, dropDensityParam, epsilonParam, seedParam, rescaleParam, missingParam},
	},
	Version: 1,
	Pass:    5,
	Thins:   true,
	Random:  byChance,
	Bind:    bindDareDrop,
}

type dropping struct {
	Spec
}

func byChance(p *recipe.Params) bool { return keyBy.Of(p) == "chance" }

func (d *dropping) byChance() bool { return byChance(d.Params) }

func bindDareDrop(spec Spec) (Op, Type, error) {
	d, in := &dropping{Spec: spec}, spec.In
	var all *multierror.Error
	out := in[0]
	if d.byChance() {
		out = out.like(slices.Clone(out.Members))
		for i := range out.Members {
			out.Members[i].Drops++
		}
		if !keyDensity.In(d.Params) {
			all = multierror.Append(all, fault.At(keyBy.At(d.Params), "dropping at random needs a density").Mend("add `density: 0.5`, or drop `by: disagreement`"))
		}
	} else {
		for _, name := range []string{string(keyDensity), string(keyEpsilon), string(KeySeed), string(keyRescale)} {
			if d.Params.Has(name) {
				all = multierror.Append(all, fault.At(d.Params.At(name), "dropping by disagreement takes no %s", name).Mend("remove it, or drop at random"))
			}
		}
		var err error
		out, err = d.align(in[0])
		all = multierror.Append(all, err)
	}
	return d, out.dense(), multierror.Append(all, d.checkOfPairs(keyDensity, in[0]), d.checkOfPairs(keyEpsilon, in[0])).ErrorOrNil()
}

func (d *dropping) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	if !d.byChance() {
		return env.mapAll(ctx, env.fillGaps(in[0]), func(dsts, srcs []Matrix) {
			inBlocks(ctx, len(srcs[0].Data), func(from, to int) {
				kernels.Unanimous(ranges(dsts, from, to), ranges(srcs, from, to))
			})
		}), nil
	}
	streams := make(map[string]string)
	for _, m := range d.In[0].Members {
		streams[m.Name] = m.stream()
	}
	return env.mapParts(ctx, in[0], func(part *Part, label byte, dst, src Matrix) {
		density, epsilon := keyDensity.Of(d.Params).At(part.Adapter, env.Site), keyEpsilon.Of(d.Params).At(part.Adapter, env.Site)
		seed := streamSeed(d.seed(), part.Adapter, env.Module, label, streams[part.Adapter])
		if epsilon > 0 && density < 1 {
			d.dropByMagnitude(ctx, dst, src, density, epsilon, seed)
		} else {
			d.drop(dst.Data, src.Data, density, seed)
		}
		d.restoreNorm(dst.Data, src.Data)
	}), nil
}

// stream distinguishes a later drop from the first one: the same mask once more would drop
// nothing, and what stays would be rescaled twice. The first drop's is empty.
func (m Member) stream() string {
	if m.Drops == 0 {
		return ""
	}
	return fmt.Sprintf("\x00%d", m.Drops+1)
}

// Key names what the random streams are made from beside the module. The first drop of
// an adapter has the key that it always had.
func (d *dropping) Key(_ string) string {
	if !d.byChance() {
		return ""
	}
	key := strconv.FormatUint(d.seed(), 10)
	for _, m := range d.In[0].Members {
		key += " " + strconv.Quote(m.Name+m.stream())
	}
	return key
}

// Streams name the seed, the adapter, and which drop of it this is.
func (d *dropping) Streams() []string {
	if !d.byChance() {
		return nil
	}
	var all []string
	for _, m := range d.In[0].Members {
		all = append(all, fmt.Sprintf("%d %s", d.seed(), m.Name+m.stream()))
	}
	return all
}

// Scratch is one delta at a time, multiplied out, and what fills the gaps.
func (d *dropping) Scratch(module string) int64 {
	return d.In[0].oneDensified(module) + d.scratch(module, d.In[0], false)
}

func (d *dropping) seed() uint64 {
	if KeySeed.In(d.Params) {
		return KeySeed.Of(d.Params)
	}
	return d.Recipe.Seed
}

// streamSeed is SHA-256 of (seed as 8 bytes little endian, adapter, 0, module, 0, label,
// and for the k-th drop of an adapter, k ≥ 2, 0 and k in decimal).
func streamSeed(seed uint64, adapter, module string, label byte, later string) [32]byte {
	text := binary.LittleEndian.AppendUint64(nil, seed)
	text = append(append(text, adapter...), 0)
	text = append(append(append(text, module...), 0, label), later...)
	return sha256.Sum256(text)
}

// chanceBlock is how many random words are drawn at a time.
const chanceBlock = 4096

// drop keeps an element if its random word is below density·2³², then rescales.
func (d *dropping) drop(dst, src []float32, density float64, seed [32]byte) {
	keepBelow := uint64(math.Ceil(math.Ldexp(density, 32)))
	scale := float32(1)
	if keyRescale.Of(d.Params) == "inverse-density" && density > 0 {
		scale = float32(1 / density)
	}
	chance := kernels.NewChance(seed)
	var words [chanceBlock]uint32
	for start := 0; start < len(src); start += chanceBlock {
		end := min(start+chanceBlock, len(src))
		chance.Fill(words[:end-start])
		kernels.Mask(dst[start:end], src[start:end], words[:end-start], keepBelow, scale)
	}
}

// restoreNorm multiplies dst so that its l1 or l2 norm is that of src.
func (d *dropping) restoreNorm(dst, src []float32) {
	var before, after float64
	switch keyRescale.Of(d.Params) {
	case "l1":
		before, after = kernels.SumAbs(src), kernels.SumAbs(dst)
	case "l2":
		before, after = math.Sqrt(kernels.SumSquares(src)), math.Sqrt(kernels.SumSquares(dst))
	}
	if after > 0 && before != after {
		kernels.Scale(dst, dst, float32(before/after))
	}
}

// dropByMagnitude is drop with a chance of its own for each element, by its place among
// those of its row. Of equal magnitudes the first in the row is the smaller.
func (d *dropping) dropByMagnitude(ctx context.Context, dst, src Matrix, density, epsilon float64, seed [32]byte) {
	n := src.Cols
	chance, words, order := kernels.NewChance(seed), make([]uint32, n), make([]int, n)
	rescales := keyRescale.Of(d.Params) == "inverse-density"
	for r := range src.Rows {
		if ctx.Err() != nil {
			return
		}
		row, out := src.Row(r), dst.Row(r)
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(x, y int) int {
			return cmp.Compare(math.Abs(float64(row[x])), math.Abs(float64(row[y])))
		})
		chance.Fill(words)
		for k, i := range order {
			p := density
			if n > 1 {
				p = min(1, max(0, density-epsilon+2*epsilon*float64(k)/float64(n-1)))
			}
			switch {
			case float64(words[i]) >= math.Ceil(math.Ldexp(p, 32)):
				out[i] = 0
			case rescales:
				out[i] = float32(1/p) * row[i]
			default:
				out[i] = row[i]
			}
		}
	}
}
