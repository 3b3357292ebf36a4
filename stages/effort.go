package stages

import (
	"github.com/loramerge/loramerge/adapter"
)

// Class is a kind of work all of which becomes faster or slower alike from one machine to another.
type Class uint8

// The classes of work.
const (
	Reading     Class = iota // and decoding tensors
	Passing                  // over tensors, element by element
	Drawing                  // at random, for each element
	Multiplying              // B·A
	Decomposing              // products of thin matrices
	Iterating                // on dense deltas, to decompose them
	Sharing                  // bases, in the core space
	Measuring                // inner products of whole adapters
	Writing                  // encoding, hashing and writing tensors
	Hashing                  // files
	classes
)

var classNames = [classes]string{"reading", "passing", "drawing", "multiplying", "decomposing", "iterating", "sharing", "measuring", "writing", "hashing"}

func (c Class) String() string { return classNames[c] }

// Classes lists all.
func Classes() []Class {
	all := make([]Class, classes)
	for i := range all {
		all[i] = Class(i)
	}
	return all
}

// Effort is work, class by class, in nanoseconds of one core of the machine that the figures below
// were measured on.
type Effort [classes]float64

// Total is the sum over all classes.
func (e Effort) Total() float64 {
	sum := 0.0
	for _, x := range e {
		sum += x
	}
	return sum
}

// Plus is the sum of two.
func (e Effort) Plus(other Effort) Effort {
	for c := range e {
		e[c] += other[c]
	}
	return e
}

// Times is so much of it.
func (e Effort) Times(x float64) Effort {
	for c := range e {
		e[c] *= x
	}
	return e
}

// What work takes in nanoseconds of one core, as measured on a Zen 4 core with adapters of a 7B
// model's shapes. How fast a machine is compared with that one, its runs show; and what is worth
// keeping in the cache a factor of two does not change.
const (
	perRead     = 1.6  // an element that is read and decoded
	perElement  = 0.8  // an element in one pass
	perMade     = 0.4  // an element of the result of a pass
	perTies     = 2.6  // an element that is trimmed, elected and averaged in one pass
	perProduct  = 0.04 // of out·in·k for B·A
	perThin     = 0.13 // of (out+in)·k² for two Gram matrices and a small SVD
	perIterated = 4.8  // of out·in·(rank+10) for the block iterations of a dense delta
	perShared   = 0.13 // of (out+in)·R² for bases of R directions
	perCore     = 3.0  // of R³ for decompositions in such bases
	perGram     = 0.10 // of one multiplication of an inner product
	perWritten  = 5.0  // an element that is encoded, hashed and written
	perHashed   = 0.7  // a byte of a file
	perRecalled = 1.5  // an element that is read from the cache
	oversampled = 10   // directions beyond the rank
)

// Costly is an Op whose cost is not that of a pass over its tensors.
type Costly interface {
	// Effort is what it takes at a module, apart from multiplying deltas out.
	Effort(module string) Effort
}

// EffortOf is what a stage takes at a module.
func EffortOf(kind *Kind, s Op, in []Type, out Type, module string) Effort {
	var e Effort
	if _, source := s.(Source); source {
		e[Reading] = perRead * elements(out, module)
		return e
	}
	if len(in) == 0 {
		return e
	}
	given := elements(in[0], module)
	if out.Dense && !in[0].Dense {
		given = denseElements(in[0], module)
		for _, m := range in[0].At(module) {
			if m.Form != adapter.Whole {
				e[Multiplying] += float64(m.Out()) * float64(m.In()) * (float64(m.Rank)*perProduct + perElement)
			}
		}
	}
	if w, ok := s.(Costly); ok {
		return e.Plus(w.Effort(module))
	}
	class, pass := Passing, perElement
	if kind.Pass > 0 {
		pass = kind.Pass
	}
	if kind.Random != nil {
		class = Drawing
	}
	e[class] += given*pass + elements(out, module)*perMade
	return e
}

// Cost is the cost of a stage over all modules, in nanoseconds of one core.
func Cost(kind *Kind, s Op, in []Type, out Type) float64 {
	work := 0.0
	for _, module := range out.Union() {
		work += EffortOf(kind, s, in, out, module).Total()
	}
	return work
}

// SurveyEffort is what a survey of an Op takes at a module.
func SurveyEffort(kind *Kind, s Op, in []Type, module string) Effort {
	if w, ok := s.(interface{ surveyEffort(module string) Effort }); ok {
		return w.surveyEffort(module)
	}
	if w, ok := s.(Costly); ok {
		return w.Effort(module)
	}
	return EffortOf(kind, s, in, in[0], module)
}

// Other work of a run, of so many elements, bytes or multiplications.

// WritingEffort is that of writing what flows into a save.
func WritingEffort(t Type, module string) (e Effort) {
	e[Writing] = perWritten * elements(t, module)
	return e
}

// RecallingEffort is that of reading a value from the cache.
func RecallingEffort(t Type, module string) (e Effort) {
	e[Reading] = perRecalled * elements(t, module)
	return e
}

// MeasuringEffort is that of inner products.
func MeasuringEffort(multiplications float64) (e Effort) {
	e[Measuring] = perGram * multiplications
	return e
}

// HashingEffort is that of files.
func HashingEffort(bytes int64) (e Effort) {
	e[Hashing] = perHashed * float64(bytes)
	return e
}

// elements are those of all members' tensors, as they are held.
func elements(t Type, module string) float64 {
	var bytes int64
	for _, m := range t.At(module) {
		bytes += t.bytesOf(m)
	}
	return float64(bytes) / 4
}

// denseElements are those of all members' deltas, multiplied out.
func denseElements(t Type, module string) float64 {
	t.Dense = t.Space == Delta || t.Dense
	return elements(t, module)
}

// Effort is that of the decompositions.
func (f *factoring) Effort(module string) (e Effort) {
	for i, m := range f.In[0].At(module) {
		if m.Form == adapter.Whole {
			continue
		}
		sides, k := float64(m.Out()+m.In()), float64(m.Rank)
		rank := float64(f.rank(f.In[0].Members[i].Name, m))
		switch {
		case f.In[0].Space == Core:
			e[Sharing] += perCore*k*k*k + sides*k*(min(rank, k)+0.75*k)*perShared
		case f.In[0].Dense:
			e[Iterating] += float64(m.Out()) * float64(m.In()) * (rank + oversampled) * perIterated
		default:
			e[Decomposing] += sides * k * k * perThin
		}
	}
	return e
}

// Effort is that of the bases of all adapters.
func (c *sharing) Effort(module string) (e Effort) {
	var ranks, sides float64
	for _, m := range c.In[0].At(module) {
		if m.Form != adapter.Whole {
			ranks, sides = ranks+float64(m.Rank), float64(m.Out()+m.In())
		}
	}
	e[Sharing] = sides*ranks*ranks*perShared + perCore*ranks*ranks*ranks
	return e
}

// inCore is the effort of decompositions of all adapters in the core space.
func inCore(t Type, module string) (e Effort) {
	for _, m := range t.At(module) {
		if m.Form != adapter.Whole {
			k := float64(m.Rank)
			e[Sharing] += perCore * k * k * k
		}
	}
	return e
}

// Effort is that of the polar factors of the stacks.
func (t *stacking) Effort(module string) Effort { return inCore(t.In[0], module) }

// Effort is that of the normal equations.
func (r *regression) Effort(module string) Effort { return inCore(r.In[0], module) }

// surveyEffort is that of the inner products of all that is compared.
func (r *rescaling) surveyEffort(module string) Effort {
	return MeasuringEffort(gramWork(r.In[0], module) + gramWork(r.In[1], module))
}

// surveyEffort is that of every adapter's norm.
func (w *weighing) surveyEffort(module string) Effort {
	return MeasuringEffort(gramWork(w.In[0], module))
}

// gramWork is the number of multiplications for the inner products of all members.
func gramWork(t Type, module string) float64 {
	var ranks, sides, area, core float64
	count := 0.0
	for _, m := range t.At(module) {
		if m.Form == adapter.Whole {
			continue
		}
		count++
		ranks, sides, area, core = ranks+float64(m.Rank), float64(m.Out()+m.In()), float64(m.Out())*float64(m.In()), float64(m.Rank)*float64(m.Rank)
	}
	switch {
	case t.Dense:
		return count * count / 2 * area
	case t.Space == Core:
		return count * count / 2 * core
	}
	return ranks * ranks * sides
}

// Effort is that of the one pass.
func (f *fused) Effort(module string) (e Effort) {
	in := f.trim.In[0]
	if f.mean.In[0].Dense {
		in.Dense = true
	}
	e[Passing] = perTies * elements(in, module)
	return e
}
