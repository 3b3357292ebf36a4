package gguf

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/gguf"
)

// Open opens an adapter to be looked at. Its modules are called as in the model where its
// architecture is known, and the rows of a file that a run wrote are in the model's order.
func (f format) Open(path string, _ adapter.Options) (*adapter.Adapter, error) {
	files, _ := f.Find(path)
	s, err := openStore(files.Weights)
	if err != nil {
		return nil, adapter.Readable(files.Weights, err)
	}
	o := &opening{store: s}
	if err := o.read(); err != nil {
		_ = s.Close() // it was only read
		return nil, err
	}
	return &adapter.Adapter{Path: path, Format: Format, Files: files, Base: o.base, Modules: o.modules, Notes: o.notes, Unfit: unfit(path), Store: s}, nil
}

// opening is what an adapter's file says.
type opening struct {
	store   *store
	arch    *architecture // nil if it is not known
	alpha   float32
	base    adapter.Base
	heads   [2]int // of q and of k; 0 if the file does not say
	root    string
	halves  map[string]*[2]adapter.Tensor // by the weight's name
	modules []adapter.Module
	notes   []adapter.Note
}

func (o *opening) read() error {
	if err := o.describe(); err != nil {
		return err
	}
	if err := o.pair(); err != nil {
		return err
	}
	var all *multierror.Error
	for weight, halves := range o.halves {
		all = multierror.Append(all, o.module(weight, halves[0], halves[1]))
	}
	if all.ErrorOrNil() != nil {
		slices.SortFunc(all.Errors, func(x, y error) int { return strings.Compare(x.Error(), y.Error()) })
		return all
	}
	slices.SortFunc(o.modules, func(x, y adapter.Module) int { return strings.Compare(x.Name, y.Name) })
	return nil
}

const remedyConvert = "write it again, with loramerge or with llama.cpp's convert_lora_to_gguf.py"

func (o *opening) wrong(format string, args ...any) *fault.Fault {
	return fault.In(o.store.Path(), format, args...).Mend(remedyConvert)
}

// text is a value that must be a string.
func (o *opening) text(key string) (string, error) {
	p, ok := o.store.file.Pair(key)
	switch {
	case !ok:
		return "", o.wrong("has no %s, so that llama.cpp does not load it as an adapter", key)
	case p.Kind != gguf.String:
		return "", o.wrong("has a %s of type %s, not a string", key, p.Kind)
	}
	return p.Text, nil
}

// describe reads what llama.cpp looks at before the tensors.
func (o *opening) describe() error {
	var said [3]string
	for i, key := range []string{keyType, keyAdapterType, keyArchitecture} {
		var err error
		if said[i], err = o.text(key); err != nil {
			return err
		}
		if want := []string{"adapter", "lora", said[i]}[i]; said[i] != want {
			return fault.In(o.store.Path(), "is no LoRA adapter: its %s is %s, not %q", key, fault.Quote(said[i]), want).Mend("name the file of an adapter")
		}
	}
	if i := slices.IndexFunc(architectures, func(a architecture) bool { return a.name == said[2] }); i >= 0 {
		o.arch = &architectures[i]
	}
	if p, ok := o.store.file.Pair(keyAlpha); ok {
		if o.alpha = math.Float32frombits(uint32(p.Bits)); p.Kind != gguf.Float32 || math.IsNaN(float64(o.alpha)) || math.IsInf(float64(o.alpha), 0) {
			return o.wrong("has no number of type f32 as its %s", keyAlpha)
		}
	}
	o.describeBase(said[2])
	return nil
}

// describeBase reads what it says of its base model.
func (o *opening) describeBase(arch string) {
	if p, ok := o.store.file.Pair(keyBase); ok && p.Kind == gguf.String && p.Text != "" {
		o.base = adapter.ParseBase(p.Text)
	}
	o.root = roots[len(roots)-1]
	if p, ok := o.store.file.Pair(keyRoot); ok && slices.Contains(roots, p.Text) {
		o.root = p.Text
	}
	for i, key := range []string{keyHeads, keyKeyHeads} {
		if p, ok := o.store.file.Pair(arch + key); ok && p.Kind == gguf.Uint32 && p.Bits <= most {
			o.heads[i] = int(p.Bits)
		}
	}
	if _, ok := o.store.file.Pair(keyInvocation); ok {
		o.note("has %s: it acts only behind these tokens (activated LoRA)", keyInvocation)
	}
}

func (o *opening) note(format string, args ...any) {
	o.notes = append(o.notes, adapter.Note{Text: fmt.Sprintf(format, args...), Page: "gguf"})
}

// pair sorts the tensors, by the loader's rules: what is neither half of a pair nor a norm, which it
// passes over, is a mistake.
func (o *opening) pair() error {
	var all *multierror.Error
	o.halves = make(map[string]*[2]adapter.Tensor)
	quantized, norms := "", 0
	for i, t := range o.store.file.Tensors() {
		var weight string
		half := 0
		switch {
		case strings.HasSuffix(t.Name, ".lora_a"):
			weight = strings.TrimSuffix(t.Name, ".lora_a")
		case strings.HasSuffix(t.Name, ".lora_b"):
			weight, half = strings.TrimSuffix(t.Name, ".lora_b"), 1
		case strings.HasSuffix(t.Name, "_norm.weight"):
			norms++
			continue
		default:
			all = multierror.Append(all, o.wrong("tensor %q is neither half of a pair nor a norm, and llama.cpp stops there", t.Name))
			continue
		}
		if _, known := dtypes[t.Type]; !known {
			all = multierror.Append(all, fault.In(o.store.Path(), "tensor %q is of type %s, which is not read", t.Name, t.Type).Mend("convert the adapter to f32, f16, bf16 or q8_0 instead"))
			continue
		}
		if t.Type == gguf.Q8_0 {
			quantized = t.Name
		}
		if o.halves[weight] == nil {
			o.halves[weight] = new([2]adapter.Tensor)
		}
		o.halves[weight][half] = adapter.Stored(o.store.tensors[i])
	}
	if quantized != "" {
		o.note("tensors such as %q are quantized (Q8_0), and shown as float32", quantized)
	}
	if norms > 0 {
		o.note("holds norms, which llama.cpp passes over")
	}
	if len(o.halves) == 0 && all.ErrorOrNil() == nil {
		return o.wrong("holds no pair of tensors")
	}
	return all.ErrorOrNil()
}

// mostExperts bounds a stack: no model has as many.
const mostExperts = 4096

// module makes the modules of a pair: one, or of a stack one for each expert.
func (o *opening) module(weight string, a, b adapter.Tensor) error {
	for i, half := range []adapter.Tensor{a, b} {
		if half.Name == "" {
			return o.wrong("tensor %q has no other half, %s", weight+".lora_"+"ba"[i:i+1], weight+".lora_"+"ab"[i:i+1])
		}
	}
	name, l, known := moduleOf(weight, o.root, o.arch)
	if !known {
		name = strings.TrimSuffix(weight, ".weight")
	}
	m := adapter.Module{Name: name, A: a, B: b}
	switch {
	case len(a.Shape) == 3 && len(b.Shape) == 3 && a.Shape[0] == b.Shape[0] && a.Shape[0] <= mostExperts:
		return o.stack(m, a, b)
	case len(a.Shape) != 2 || len(b.Shape) != 2:
		return o.wrong("%q has the shapes %d and %d, where pairs of matrices are expected", weight, a.Shape, b.Shape)
	case weight == embedding.tensor+".weight" && b.Elements() > 0 && a.Elements() > 0:
		m.Form = adapter.Embedding
		m.A = a.Reordered(a.Name, []int{a.Shape[1], a.Shape[0]}, adapter.Transposed(a.Shape[1]))
	case known && o.arch.interleaved && l.heads != nil:
		m.B = o.ordered(b, l)
	}
	return o.add(m)
}

// ordered brings the rows of q or k into the model's order, if the file says by what numbers of
// heads.
func (o *opening) ordered(b adapter.Tensor, l *layer) adapter.Tensor {
	heads := o.heads[0]
	if l.tensor == "attn_k" {
		heads = o.heads[1]
	}
	if heads == 0 || b.Elements() == 0 || b.Shape[0]%(2*heads) != 0 {
		return b
	}
	return b.Reordered(b.Name, b.Shape, adapter.Order{Row: b.Shape[1], Column: 1, Heads: heads})
}

// stack takes a stack of experts apart.
func (o *opening) stack(m adapter.Module, a, b adapter.Tensor) error {
	rank, in, out := a.Shape[1], a.Shape[2], b.Shape[1]
	if a.Elements() == 0 || b.Elements() == 0 || b.Shape[2] != rank {
		return o.wrong("%q has the shapes %d and %d, which don't fit", m.Name, a.Shape, b.Shape)
	}
	for e := range a.Shape[0] {
		part := m
		part.Name = fmt.Sprintf("%s.%d", m.Name, e)
		nameA, nameB := fmt.Sprintf("%s[%d]", a.Name, e), fmt.Sprintf("%s[%d]", b.Name, e)
		part.A = a.Rows(nameA, e, a.Shape[0]).Reordered(nameA, []int{rank, in}, adapter.Order{Row: in, Column: 1})
		part.B = b.Rows(nameB, e, b.Shape[0]).Reordered(nameB, []int{out, rank}, adapter.Order{Row: rank, Column: 1})
		if err := o.add(part); err != nil {
			return err
		}
	}
	return nil
}

func (o *opening) add(m adapter.Module) error {
	if m.Rank = m.A.Shape[0]; m.Rank != m.B.Shape[1] || m.A.Elements() == 0 || m.B.Elements() == 0 {
		return o.wrong("%q has the shapes %d and %d, whose ranks differ or are 0", m.Name, m.A.Shape, m.B.Shape)
	}
	m.Scale = 1
	if o.alpha != 0 {
		m.Scale = float64(o.alpha / float32(m.Rank))
	}
	m.Alpha = m.Scale * float64(m.Rank)
	o.modules = append(o.modules, m)
	return nil
}

// unfit says why it is not merged.
func unfit(path string) *fault.Fault {
	return fault.In(path, "is a GGUF file, whose names and order of rows are llama.cpp's: it can be looked at and not merged").
		Mend("load the adapter that it was made from: a folder as PEFT or MLX saves it").See("gguf")
}
