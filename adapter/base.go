package adapter

import (
	"path/filepath"
	"strings"
)

// Base is the base model that an adapter belongs to: two revisions of one name are two
// models.
type Base struct {
	Name     string // base_model_name_or_path; empty if it names none
	Revision string // empty for the default one, which PEFT writes as null, "" or "main"
}

// String is NAME@REVISION, as a recipe's `base` has it.
func (b Base) String() string {
	if b.Revision == "" {
		return b.Name
	}
	return b.Name + "@" + b.Revision
}

// ParseBase reads what String writes. An "@" in a folder's path is part of the path.
func ParseBase(text string) Base {
	at := strings.LastIndexByte(text, '@')
	if at <= 0 || at == len(text)-1 || filepath.IsAbs(text) || strings.HasPrefix(text, ".") || strings.HasPrefix(text, "~") || strings.Contains(text, `\`) {
		return Base{Name: text}
	}
	return Base{text[:at], text[at+1:]}
}
