package diffusers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/fault"
)

// metadataKey is that of a JSON object of LoraConfigs, whose fields begin by their component:
// "unet.r". A model that is saved by itself has no component, and its fields have no prefix.
const metadataKey = "lora_adapter_metadata"

// scaling is what a file says of its scales.
type scaling struct {
	alphas     map[string]float64
	components map[string]bool       // those that lora_adapter_metadata names
	parts      map[string]*peft.Part // by component
	silent     []string              // components of which it says nothing
}

// scalingOf reads it. What is wrong is a Fault about the file.
func scalingOf(store adapter.Store, modules []string, alphas map[string]float64, options adapter.Options) (*scaling, error) {
	s := &scaling{alphas: alphas}
	text := store.Metadata()[metadataKey]
	switch {
	case text == "":
		return s, s.checkAlphas(store, modules)
	case len(alphas) > 0:
		return nil, fault.In(store.Path(), "has scales both in %s and in tensors such as %q, and diffusers refuses such a file", metadataKey, slices.Min(slices.Collect(maps.Keys(alphas)))+".alpha").
			Mend("save it again with one of the two")
	}
	return s, s.parse(store.Path(), text, modules, options)
}

// parse reads the LoraConfig of each component.
func (s *scaling) parse(path, text string, modules []string, options adapter.Options) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return fault.In(path, "%s is not a JSON object", metadataKey).Mend("save the adapter again, or remove that entry of the metadata if every scale is 1")
	}
	s.parts, s.components = make(map[string]*peft.Part), make(map[string]bool)
	for name := range fields {
		if component, _, found := strings.Cut(name, "."); found {
			s.components[component] = true
		}
	}
	counts := make(map[string]int)
	for _, module := range modules {
		component, _ := s.split(module)
		counts[component]++
	}
	var all *multierror.Error
	for _, component := range slices.Sorted(maps.Keys(counts)) {
		own := fieldsOf(fields, component)
		if len(own) == 0 {
			s.silent = append(s.silent, component)
			continue
		}
		part, err := peft.ParsePart(fmt.Sprintf("%s (%s)", path, strings.TrimSuffix(metadataKey+", "+component, ", ")), object(own), counts[component], options)
		all = multierror.Append(all, err)
		s.parts[component] = part
	}
	return all.ErrorOrNil()
}

// fieldsOf are those of a component; of a model without one those that have no prefix.
func fieldsOf(fields map[string]json.RawMessage, component string) map[string]json.RawMessage {
	own := make(map[string]json.RawMessage)
	for name, value := range fields {
		of, field, prefixed := strings.Cut(name, ".")
		if !prefixed {
			of, field = "", name
		}
		if of == component {
			own[field] = value
		}
	}
	return own
}

// object is the text of an object, its keys sorted; values stay as they are, with the order of
// their keys.
func object(fields map[string]json.RawMessage) []byte {
	var out bytes.Buffer
	between := "{"
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		key, err := json.Marshal(name)
		if err != nil {
			panic(err) // of a text there is none
		}
		fmt.Fprintf(&out, "%s%s: %s", between, key, fields[name])
		between = ", "
	}
	out.WriteString("}")
	return out.Bytes()
}

// split gives a module's component, and its name in that. The modules of a model that was saved by
// itself have no component.
func (s *scaling) split(module string) (component, name string) {
	component, name, found := strings.Cut(module, ".")
	if !found || !s.components[component] && !componentForm.MatchString(component) {
		return "", module
	}
	return component, name
}

// checkAlphas refuses a component of which some modules have an alpha and others have not, where
// that matters: diffusers gives these the commonest of the others, and other programs a scale of 1.
func (s *scaling) checkAlphas(store adapter.Store, modules []string) error {
	with := make(map[string]string)
	for _, module := range slices.Sorted(maps.Keys(s.alphas)) {
		component, _ := s.split(module)
		with[component] = module
	}
	for _, module := range modules {
		component, _ := s.split(module)
		other, some := with[component]
		if _, has := s.alphas[module]; some && !has {
			return fault.In(store.Path(), "module %q has no alpha, and %q has one", module, other).
				Mend("save it again with an alpha for every module: programs disagree on what its absence means beside others")
		}
	}
	return nil
}

// scale sets a module's alpha and scale.
func (s *scaling) scale(m *adapter.Module) error {
	component, name := s.split(m.Name)
	if part := s.parts[component]; part != nil {
		inside := *m
		inside.Name = name
		err := part.Scale(&inside)
		m.Alpha, m.Scale = inside.Alpha, inside.Scale
		return err
	}
	alpha, stored := s.alphas[m.Name]
	if !stored {
		alpha = float64(m.Rank)
	}
	m.Alpha, m.Scale = alpha, alpha/float64(m.Rank)
	return nil
}

// otherRanks counts the modules whose tensors have another rank than their LoraConfig says.
func (s *scaling) otherRanks(modules []adapter.Module) int {
	count := 0
	for i := range modules {
		component, name := s.split(modules[i].Name)
		if part := s.parts[component]; part != nil && part.Rank(adapter.LayerOf(name)) != modules[i].LayerRank() {
			count++
		}
	}
	return count
}

// base is the base model that all LoraConfigs that name one agree on.
func (s *scaling) base() adapter.Base {
	var base adapter.Base
	for _, part := range s.parts {
		switch own := part.Base(); {
		case own.Name == "" || own == base:
		case base.Name != "":
			return adapter.Base{}
		default:
			base = own
		}
	}
	return base
}
