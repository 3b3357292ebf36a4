package recipe

import (
	"fmt"
	"math"
	"strings"
)

func (versionType) schema(*schemaWriter) schema { return schema{"const": Version} }

func (variablesType) schema(*schemaWriter) schema {
	s := byName(schema{"type": []string{"string", "number", "boolean", "null"}})
	delete(s, "minProperties")
	return s
}

func (TextType) schema(*schemaWriter) schema { return textSchema() }

func (t ChoiceType) schema(w *schemaWriter) schema { return w.orVariable(schema{"enum": t}) }

func (SwitchType) schema(w *schemaWriter) schema { return w.orVariable(schema{"type": "boolean"}) }

func (t CountType) schema(w *schemaWriter) schema {
	return w.orVariable(schema{"type": "integer", "minimum": t.Min, "maximum": uint64(math.MaxUint64)})
}

func (ReferenceType) schema(w *schemaWriter) schema {
	return w.part("reference", func(schema) schema {
		return w.orVariable(schema{"type": "string", "pattern": referenceForm.String()})
	})
}

func (ReferencesType) schema(w *schemaWriter) schema { return orList(ReferenceType{}.schema(w)) }

func (GlobsType) schema(*schemaWriter) schema { return orList(textSchema()) }

func (PinsType) schema(w *schemaWriter) schema {
	one := w.orVariable(schema{"type": "string", "pattern": hashForm.String()})
	return schema{"anyOf": []schema{one, {"type": "object", "additionalProperties": one}}}
}

func (RenamesType) schema(w *schemaWriter) schema {
	beginning := schema{"type": "string", "pattern": `^((.*\.)?|[^.]*_)$`}
	return schema{"type": "object", "propertyNames": beginning, "additionalProperties": w.orVariable(beginning), "minProperties": 1}
}

func (recipePathType) schema(w *schemaWriter) schema {
	return w.orVariable(schema{"type": "string", "pattern": recipeFile})
}

func (valuesType) schema(*schemaWriter) schema {
	s := byName(schema{"type": []string{"string", "number", "boolean"}})
	delete(s, "minProperties")
	return s
}

func (t NumbersType) schema(w *schemaWriter) schema { return orList(t.Each.schema(w)) }

// schema is the number's own part, since its tables nest. That each form occurs at most
// once on a path is left to the planner.
func (t NumberType) schema(w *schemaWriter) schema {
	if t.Single {
		return w.orVariable(t.plainSchema())
	}
	return w.part(t.partName(), func(self schema) schema {
		plain := w.orVariable(t.plainSchema())
		table := func(word string, value schema) schema {
			return schema{"type": "object", "properties": schema{word: value, wordDefault: self}, "required": []string{word}, "additionalProperties": false}
		}
		byAdapter := schema{"type": "object", "additionalProperties": self, "minProperties": 1,
			"not": schema{"anyOf": []schema{{"required": []string{wordModules}}, {"required": []string{wordLayers}}}}}
		return schema{"anyOf": []schema{plain,
			table(wordModules, schema{"type": "object", "additionalProperties": self}),
			table(wordLayers, schema{"type": "array", "items": plain, "minItems": 1}),
			byAdapter}}
	})
}

func (t NumberType) plainSchema() schema {
	s := schema{"type": "number"}
	if t.ExclusiveMin {
		s["exclusiveMinimum"] = t.Min
	} else if !math.IsInf(t.Min, -1) {
		s["minimum"] = t.Min
	}
	if !math.IsInf(t.Max, 1) {
		s["maximum"] = t.Max
	}
	return s
}

// partName is number-from-0-to-1, number-above-0 and the like.
func (t NumberType) partName() string {
	name := []string{"number"}
	if t.ExclusiveMin {
		name = append(name, fmt.Sprintf("above-%v", t.Min))
	} else if !math.IsInf(t.Min, -1) {
		name = append(name, fmt.Sprintf("from-%v", t.Min))
	}
	if !math.IsInf(t.Max, 1) {
		name = append(name, fmt.Sprintf("to-%v", t.Max))
	}
	return strings.Join(name, "-")
}
