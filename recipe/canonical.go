package recipe

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Canonical writes a recipe so that two files of one meaning give one text: stages
// and parameters in the order of their names, numbers in their shortest form, no
// comments, values instead of variables. It is a recipe itself.
func (r *Recipe) Canonical() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "version: %d\n", Version)
	if r.Name != "" {
		fmt.Fprintf(&b, "name: %s\n", quoted(r.Name))
	}
	if r.Base != "" {
		fmt.Fprintf(&b, "base: %s\n", quoted(r.Base))
	}
	fmt.Fprintf(&b, "seed: %d\nstages:\n", r.Seed)
	stages := slices.SortedFunc(slices.Values(r.Stages), func(x, y *Stage) int { return strings.Compare(x.Name, y.Name) })
	for _, s := range stages {
		fmt.Fprintf(&b, "  %s: %s\n", s.Name, s.canonical())
	}
	return []byte(b.String())
}

// canonical is the stage's verb with its inputs, and what was written beside it.
func (s *Stage) canonical() string {
	parts := []string{s.Verb.Name + ": " + s.InputsText()}
	return "{" + strings.Join(append(parts, s.Params.lines()...), ", ") + "}"
}

// lines are what was written, by name.
func (p *Params) lines() (parts []string) {
	for _, name := range slices.Sorted(maps.Keys(p.written)) {
		parts = append(parts, name+": "+valueText(p.written[name].value))
	}
	return parts
}

// Unpinned is the text of what was written, but for pins: what a load means of the same files, whatever their hashes.
func (p *Params) Unpinned() string {
	unpinned := newParams(p.of, p.declared, p.at)
	for name, w := range p.written {
		if declared := p.declared.find(name); declared == nil || declared.Type != (PinsType{}) {
			unpinned.written[name] = w
		}
	}
	return strings.Join(unpinned.lines(), ", ")
}

// InputsText is the value of the stage's verb, as the language has it: references,
// or paths by name.
func (s *Stage) InputsText() string {
	if s.Reuse != nil {
		return s.Reuse.text()
	}
	if s.Verb.Takes == TakesPaths {
		if len(s.Sources) == 1 && s.Sources[0].Name == s.Name {
			return quoted(s.Sources[0].Path)
		}
		return tableInOrder(s.Sources, func(src Source) (string, string) { return src.Name, quoted(src.Path) })
	}
	return listText(s.Inputs, Reference.String)
}

// Resolved is the text of every parameter that the result depends on and that is not at
// its default, as it is for some adapters at one module.
//
// It is hashed, as the texts of Chosen are. A default is left out so that a verb can be
// given another parameter without a change of what is hashed; whoever changes a default
// raises the verb's version.
func (p *Params) Resolved(site Site, adapters []string) string {
	at := func(n *Number, adapter string) string {
		if _, ok := n.leaf(adapter, site); ok {
			return numberText(n.At(adapter, site))
		}
		return "~"
	}
	chosen := p.chosen(func(value any) string {
		switch v := value.(type) {
		case *Number:
			return listText(adapters, func(adapter string) string { return at(v, adapter) })
		case []*Number:
			return listText(v, func(n *Number) string { return at(n, "") })
		}
		return valueText(value)
	})
	return tableInOrder(slices.Sorted(maps.Keys(chosen)), func(name string) (string, string) { return name, chosen[name] })
}

// Chosen are the texts, by name, of the parameters that the result depends on and that are
// not at their defaults. What the adapters that flow in are called is no part of them: a
// number that differs by adapter is what each of these gets, in their order.
func (p *Params) Chosen(adapters []string) map[string]string { return p.chosen(textOfEach(adapters)) }

// textOfEach writes values as the adapters get them.
func textOfEach(adapters []string) func(value any) string {
	return func(value any) string {
		n, ok := value.(*Number)
		if !ok || !n.namesAdapters() {
			return valueText(value)
		}
		each := mapped(adapters, func(adapter string) string { return n.of(adapter).text() })
		if len(slices.Compact(slices.Clone(each))) == 1 {
			return each[0]
		}
		return listText(each, func(text string) string { return text })
	}
}

func (p *Params) chosen(text func(value any) string) map[string]string {
	out := make(map[string]string)
	for _, declared := range p.declared {
		if declared.IsInput() || declared.NotInDigest {
			continue
		}
		value := text(p.Value(declared.Name))
		if declared.Default == nil && p.Value(declared.Name) == nil || declared.Default != nil && value == text(declared.Default) {
			continue
		}
		out[declared.Name] = value
	}
	return out
}

// Canonical is the text of every parameter that the result depends on, defaults included.
func (p *Params) Canonical() string {
	var parts []string
	for _, declared := range p.declared {
		if !declared.IsInput() && !declared.NotInDigest {
			parts = append(parts, declared.Name+": "+valueText(p.Value(declared.Name)))
		}
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}

// valueText writes a parameter's value as the language has it. The text is hashed, and
// written into what is saved: to make it nicer is to change digests.
func valueText(value any) string {
	switch v := value.(type) {
	case nil:
		return "~"
	case interface{ text() string }:
		return v.text()
	case []*Number:
		return listText(v, (*Number).text)
	case uint64:
		return strconv.FormatUint(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case string:
		return quoted(v)
	case []Glob:
		return listText(v, func(g Glob) string { return quoted(g.Pattern) })
	case []string:
		return listText(v, quoted)
	case []Pick:
		return picksText(v)
	case []Reference:
		return listText(v, Reference.String)
	case Renames:
		return tableInOrder(v, func(x Rename) (string, string) { return x.From, quoted(x.To) })
	case time.Duration:
		return v.String()
	case []*Params:
		return "[" + strings.Join(mapped(v, (*Params).text), ", ") + "]"
	case []Named:
		return table(v, func(n Named) (string, string) { return n.Name, n.Params.text() })
	case map[string]string:
		if hash, one := v[""]; one {
			return quoted(hash)
		}
		return table(slices.Sorted(maps.Keys(v)), func(name string) (string, string) { return name, quoted(v[name]) })
	}
	panic(fmt.Sprintf("recipe: a parameter of type %T has no text", value))
}

// text is the record as the language has it, without what was left out.
func (p *Params) text() string {
	return tableInOrder(slices.Sorted(maps.Keys(p.written)), func(name string) (string, string) {
		return name, valueText(p.written[name].value)
	})
}

// Texts gives every parameter as the language has it, by name, defaults included; "~" is
// written for one that has neither value nor default.
func (p *Params) Texts() map[string]string { return p.texts(valueText) }

// TextsOf are the same as adapters get them, in their order and whatever they are called.
func (p *Params) TextsOf(adapters []string) map[string]string { return p.texts(textOfEach(adapters)) }

func (p *Params) texts(text func(value any) string) map[string]string {
	out := make(map[string]string, len(p.declared))
	for _, declared := range p.declared {
		out[declared.Name] = text(p.Value(declared.Name))
	}
	return out
}
