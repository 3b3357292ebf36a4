package draft

import (
	"strings"

	"github.com/loramerge/loramerge/internal/recipetext"
	"github.com/loramerge/loramerge/merge/plan"
)

// Conversion is an adapter that is to be saved otherwise than it is.
type Conversion struct {
	In, Out string   // the adapter, which may be a reference, and the folder to write
	For     []string // who will load it, as `save … for` has it
	DType   string   // as `save … dtype` has it; empty for its own
	// BaseConfig is as `save … base-config` has it, a path or a reference; empty for none.
	BaseConfig string
}

// Convert writes the recipe of a conversion, two stages, for the current folder.
func Convert(c Conversion) ([]byte, error) {
	in, err := pathOrReference(c.In)
	if err != nil {
		return nil, err
	}
	out, err := recipetext.Path("", c.Out)
	if err != nil {
		return nil, err
	}
	save := "save: adapter, to: " + recipetext.Scalar(out)
	switch len(c.For) {
	case 0:
	case 1:
		save += ", for: " + recipetext.Scalar(c.For[0])
	default:
		save += ", for: [" + strings.Join(c.For, ", ") + "]"
	}
	if c.DType != "" {
		save += ", dtype: " + recipetext.Scalar(c.DType)
	}
	if c.BaseConfig != "" {
		base, err := pathOrReference(c.BaseConfig)
		if err != nil {
			return nil, err
		}
		save += ", base-config: " + recipetext.Scalar(base)
	}
	var t draftText
	t.line("version: 1\nstages:")
	t.line("  adapter: {load: %s}", recipetext.Scalar(in))
	t.line("  out:     {%s}", save)
	return t.Bytes(), nil
}

// pathOrReference is as a recipe for the current folder writes it.
func pathOrReference(given string) (string, error) {
	if plan.IsReference(given) {
		return given, nil
	}
	return recipetext.Path("", given)
}
