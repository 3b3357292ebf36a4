package recipe

import (
	"fmt"
	"strings"
)

// Takes is what a verb's value is.
type Takes uint8

const (
	TakesAdapters Takes = iota // one reference or a list of them
	TakesPaths                 // a path, or a table of paths by name
)

// Verb declares a kind of stage. Reading, checking, the help text, the schema and a
// result's digest all come from this one declaration.
type Verb struct {
	Name    string
	Summary string // one line
	Doc     string // paragraphs: the formula, its source, what it does to heads
	Flow    string // "n → n"
	Example string // a stage that is valid as it is
	Takes   Takes
	Writes  bool // to disk: nothing flows out
	Scores  bool // what flows in: nothing flows out
	Params  []*Param
}

// Param declares one parameter of a verb.
type Param struct {
	Name        string
	Doc         string
	Type        Type
	Default     any // of the Type's own Go type; nil if there is none
	Required    bool
	NotInDigest bool // it says where the result goes or whether an input is allowed, not what the result is
	// Variants say where a shorthand's parameter has another default, or none of the steps
	// of its expansion takes it.
	Variants []Variant
}

// Variant is what becomes of a parameter next to another one.
type Variant struct {
	Beside  string // as it is written: "like: peft"
	Taken   bool
	Default any
}

// Ends reports whether nothing flows out of a stage of the verb.
func (v *Verb) Ends() bool { return v.Writes || v.Scores }

// IsInput reports whether the parameter names stages: what they give flows in.
func (p *Param) IsInput() bool {
	_, input := p.Type.(ReferencesType)
	return input
}

// declarations are the parameters of a verb, or the entries of a record.
type declarations []*Param

func (d declarations) find(name string) *Param {
	for _, p := range d {
		if p.Name == name {
			return p
		}
	}
	return nil
}

func (d declarations) names() []string { return mapped(d, func(p *Param) string { return p.Name }) }

// param finds a declaration by name.
func (v *Verb) param(name string) *Param { return declarations(v.Params).find(name) }

// ParamNames lists the names of all parameters, as declared.
func (v *Verb) ParamNames() []string { return declarations(v.Params).names() }

// Note says whether the parameter is required, or its default, and where that differs.
func (p *Param) Note() string {
	note := ""
	if p.Required {
		note = "; required"
	}
	if p.Default != nil {
		note = "; default " + defaultText(p.Default)
	}
	for _, v := range p.Variants {
		if v.Taken {
			note += fmt.Sprintf("; %s with `%s`", defaultText(v.Default), v.Beside)
		} else {
			note += fmt.Sprintf("; not with `%s`", v.Beside)
		}
	}
	return note
}

func defaultText(value any) string {
	switch v := value.(type) {
	case nil:
		return "none"
	case *Number:
		return v.text()
	case []string:
		return strings.Join(v, ", ")
	default:
		return fmt.Sprint(v)
	}
}

// Declares reports whether the verb has a parameter of that name.
func (v *Verb) Declares(name string) bool { return v.param(name) != nil }
