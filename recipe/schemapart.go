package recipe

// schema is a JSON Schema (2020-12), or a part of one.
type schema map[string]any

// schemaWriter gathers the parts that are referred to by name.
type schemaWriter struct {
	verbs []*Verb
	parts schema
}

// part refers to a schema by name, and makes it the first time.
func (w *schemaWriter) part(name string, define func(self schema) schema) schema {
	self := schema{"$ref": "#/$defs/" + name}
	if _, made := w.parts[name]; !made {
		w.parts[name] = schema{} // a schema can refer to itself
		w.parts[name] = define(self)
	}
	return self
}

// orVariable allows a variable instead of a value.
func (w *schemaWriter) orVariable(s schema) schema {
	variable := w.part("variable", func(schema) schema {
		return schema{"type": "string", "pattern": `\$\{[^{}]*\}`, "description": "text with ${name} of `vars`"}
	})
	return schema{"anyOf": []schema{s, variable}}
}

// orList allows a list of such values too.
func orList(s schema) schema {
	return schema{"anyOf": []schema{s, {"type": "array", "items": s, "minItems": 1}}}
}

// byName is a table whose names a recipe's author chooses.
func byName(value schema) schema {
	return schema{"type": "object", "additionalProperties": value, "minProperties": 1,
		"propertyNames": schema{"pattern": nameForm.String(), "not": schema{"enum": ReservedNames}}}
}

// textSchema is any scalar: YAML reads 2024 as a number, which is a fine name for a folder.
func textSchema() schema {
	return schema{"type": []string{"string", "number", "boolean"}, "minLength": 1}
}
