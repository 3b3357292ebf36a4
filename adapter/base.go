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

// BaseModel is the base model that the configuration names.
func (c *Config) BaseModel() Base {
	var b Base
	if c.Base != nil {
		b.Name = *c.Base
	}
	if revision, ok := decoded(c.Raw["revision"]).(string); ok && revision != "main" {
		b.Revision = revision
	}
	return b
}

// BaseOf reads the base model that a folder names, whatever else is wrong with the folder;
// the zero Base if that can't be read.
func BaseOf(path string) Base {
	config, err := readConfig(filepath.Join(path, ConfigFile))
	if err != nil {
		return Base{}
	}
	return config.BaseModel()
}
