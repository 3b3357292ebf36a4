package recipe

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Schema is the JSON Schema (2020-12) of the recipes whose stages use verbs, by which
// editors complete and check. It follows from the declarations that reading follows
// from, and knows what a file alone shows: not what references lead to, nor what
// adapters hold.
func Schema(verbs []*Verb) []byte {
	w := &schemaWriter{verbs, schema{}}
	root := tableSchema(mapped(fields, func(f *field) *Param { return &f.Param }), w)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "a loramerge recipe"
	root["$defs"] = w.parts
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		panic("recipe: a schema holds what JSON cannot: " + err.Error())
	}
	return out.Bytes()
}

// tableSchema is a table of declared entries and no others.
func tableSchema(params []*Param, w *schemaWriter) schema {
	properties, required := schema{}, []string{}
	for _, p := range params {
		properties[p.Name] = p.schema(w)
		if p.Required {
			required = append(required, p.Name)
		}
	}
	return schema{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// schema is the type's, with what a person wants to know about it.
func (p *Param) schema(w *schemaWriter) schema {
	out := maps.Clone(p.Type.schema(w))
	out["description"] = p.Doc + p.Note()
	if n, ok := p.Default.(*Number); ok {
		out["default"] = n.value
	} else if p.Default != nil {
		out["default"] = p.Default
	}
	return out
}

// stage is an object with one of the verbs, which then says what else is allowed.
// This is the rule of findVerb: a word is no verb next to a verb that has such a parameter.
func (w *schemaWriter) stage(schema) schema {
	properties, one, rules := schema{}, []schema{}, []schema{}
	for _, v := range w.verbs {
		properties[v.Name] = schema{"description": v.Summary}
		one = append(one, schema{"required": []string{v.Name}})
		is := schema{"required": []string{v.Name}}
		if rivals := w.declaring(v.Name); len(rivals) > 0 {
			is["not"] = schema{"anyOf": mapped(rivals, func(r *Verb) schema { return schema{"required": []string{r.Name}} })}
		}
		rules = append(rules, schema{"if": is, "then": w.part("verb-"+v.Name, func(schema) schema { return w.verb(v) })})
	}
	return schema{"type": "object", "properties": properties, "anyOf": one, "allOf": rules}
}

// declaring are the verbs that have a parameter of that name.
func (w *schemaWriter) declaring(name string) []*Verb {
	return slices.DeleteFunc(slices.Clone(w.verbs), func(v *Verb) bool { return v.Name == name || !v.Declares(name) })
}

// verb is a stage whose verb is known.
func (w *schemaWriter) verb(v *Verb) schema {
	s := tableSchema(append(slices.Clone(v.Params), common...), w)
	inputs := v.Takes.schema(w)
	inputs["description"] = v.Summary + "\n\n" + v.Doc
	s["properties"].(schema)[v.Name] = inputs
	return s
}

func (t Takes) schema(w *schemaWriter) schema {
	if t == TakesPaths {
		paths := byName(textSchema())
		paths["not"] = schema{"required": []string{wordRecipe}, "properties": schema{wordRecipe: schema{"type": "string", "pattern": recipeFile}}}
		return schema{"anyOf": []schema{textSchema(), paths, tableSchema(reuseParams, w)}}
	}
	return orList(ReferenceType{}.schema(w))
}

func (stagesType) schema(w *schemaWriter) schema { return byName(w.part("stage", w.stage)) }
