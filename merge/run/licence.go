package run

import (
	"bytes"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/osfile"
)

const (
	frontMatterLimit = 64 << 10
	licenceLimit     = 100
)

// licence is what the model card of an adapter's folder says in its front matter, as model
// hubs read it: `license`, or where that is `other` the `license_name`. It is empty where
// there is no card, or none that says it.
func licence(folder string) string {
	text, err := osfile.ReadUpTo(filepath.Join(folder, adapter.CardFile), frontMatterLimit)
	if err != nil {
		return ""
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	front, found := bytes.CutPrefix(text, []byte("---\n"))
	end := bytes.Index(front, []byte("\n---"))
	if !found || end < 0 {
		return ""
	}
	var document yaml.Node
	if yaml.Unmarshal(front[:end], &document) != nil || len(document.Content) == 0 {
		return ""
	}
	said := scalarAt(document.Content[0], "license")
	if name := scalarAt(document.Content[0], "license_name"); said == "other" && name != "" {
		said = name
	}
	if len(said) > licenceLimit {
		return ""
	}
	return said
}

func scalarAt(table *yaml.Node, name string) string {
	for i := 0; i+1 < len(table.Content); i += 2 {
		if table.Content[i].Value == name && table.Content[i+1].Kind == yaml.ScalarNode {
			return table.Content[i+1].Value
		}
	}
	return ""
}
