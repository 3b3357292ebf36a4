package peft

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/jsonobject"
	"github.com/loramerge/loramerge/internal/printable"
)

// tokensSuffix ends the key of rows that trainable_token_indices trains (TrainableTokensWrapper).
// Whatever their name says they are rows that replace the embedding's, and not differences.
const tokensSuffix = ".token_adapter.trainable_tokens_delta"

func isTokens(module string) bool {
	return strings.HasSuffix(module, tokensSuffix) && module != tokensSuffix
}

// tokenIDs is trainable_token_indices: a list for the input embedding, which has the name "" here,
// or lists by the ends of modules' names.
type tokenIDs map[string][]jsonobject.Whole

// UnmarshalJSON takes either form, or null.
func (t *tokenIDs) UnmarshalJSON(data []byte) error {
	*t = nil
	if string(data) == "null" {
		return nil
	}
	var list []jsonobject.Whole
	listErr := json.Unmarshal(data, &list)
	if listErr == nil {
		if len(list) > 0 {
			*t = tokenIDs{"": list}
		}
		return nil
	}
	var table map[string][]jsonobject.Whole
	if strings.HasPrefix(strings.TrimSpace(string(data)), "{") {
		if json.Unmarshal(data, &table) == nil {
			*t = table
			return nil
		}
	}
	return fmt.Errorf("must be a list of token ids, or such lists by module, not %s", jsonobject.Shorten(data))
}

// tokenTensor is the stored rows of a layer.
type tokenTensor struct {
	layer string
	rows  adapter.Tensor
}

// tokenRows makes a module of each row.
func (a *reader) tokenRows(tensors []tokenTensor) error {
	var all *multierror.Error
	config := filepath.Join(a.Path, ConfigFile)
	used := make(map[string]string) // the layer that an entry names
	for _, t := range tensors {
		entry, ok := a.config.Tokens.entry(t.layer)
		switch {
		case !ok:
			all = multierror.Append(all, fault.In(a.Store.Path(), "tensor %q holds rows of tokens, and trainable_token_indices of %s names none of %q", t.rows.Name, ConfigFile, t.layer).
				Mend("copy both files from the adapter's source again").See("token-rows"))
		case used[entry] != "":
			all = multierror.Append(all, fault.In(config, "trainable_token_indices gives one list of ids for %q and %q", used[entry], t.layer).
				Mend("write a list for each, by the module's whole name").See("token-rows"))
		default:
			used[entry] = t.layer
			all = multierror.Append(all, a.rowsOf(t, a.config.Tokens[entry]))
		}
	}
	for _, entry := range slices.Sorted(maps.Keys(a.config.Tokens)) {
		ids := a.config.Tokens[entry]
		tied := slices.ContainsFunc(slices.Collect(maps.Keys(used)), func(other string) bool { return slices.Equal(ids, a.config.Tokens[other]) })
		if used[entry] == "" && len(ids) > 0 && !tied { // of a layer that is tied to the embedding, PEFT stores nothing
			all = multierror.Append(all, fault.In(config, "trainable_token_indices names %s%s, whose rows are not in %s", printable.Count(len(ids), "token"), ofEntry(entry), WeightsFile).
				Mend("copy both files from the adapter's source again").See("token-rows"))
		}
	}
	slices.SortFunc(a.Modules, func(x, y adapter.Module) int { return strings.Compare(x.Name, y.Name) })
	return all.ErrorOrNil()
}

func ofEntry(entry string) string {
	if entry == "" {
		return ""
	}
	return fmt.Sprintf(" of %q", entry)
}

// entry is the key of a layer's ids: PEFT takes every module whose name ends with a key. The
// longest says most.
func (t tokenIDs) entry(layer string) (key string, ok bool) {
	for entry := range t {
		if strings.HasSuffix(layer, entry) && (!ok || len(entry) > len(key)) {
			key, ok = entry, true
		}
	}
	return key, ok
}

// rowsOf takes the rows of a layer apart: row i is that of the i-th id.
func (a *reader) rowsOf(t tokenTensor, ids []jsonobject.Whole) error {
	path, shape := a.Store.Path(), t.rows.Shape
	switch {
	case len(shape) != 2 || shape[1] == 0:
		return fault.In(path, "tensor %q has the shape %d, and rows of tokens have two dimensions", t.rows.Name, shape).Mend("save it again from the model that was trained").See("token-rows")
	case !t.rows.DType.IsFloat():
		return fault.In(path, "tensor %q holds %s, which can't be merged", t.rows.Name, t.rows.DType).Mend("save it as float32, float16 or bfloat16").See("token-rows")
	case shape[0] != len(ids):
		return fault.In(path, "tensor %q has %s, and trainable_token_indices of %s names %s", t.rows.Name, printable.Count(shape[0], "row"), ConfigFile, printable.Count(len(ids), "token")).
			Mend("copy both files from the adapter's source again").See("token-rows")
	}
	seen := make(map[jsonobject.Whole]bool, len(ids))
	for i, id := range ids {
		if id < 0 || id >= adapter.MostTokens {
			return fault.In(filepath.Join(a.Path, ConfigFile), "trainable_token_indices names token %d, which no vocabulary has", id).Mend("copy both files from the adapter's source again").See("token-rows")
		}
		if seen[id] {
			return fault.In(filepath.Join(a.Path, ConfigFile), "trainable_token_indices names token %d twice, so that either row could be its own", id).Mend("train it again without the repetition").See("token-rows")
		}
		seen[id] = true
		token := adapter.Token{Layer: t.layer, ID: int(id)}
		if known, ok := adapter.TokenOf(token.Name()); !ok || known != token {
			return fault.In(path, "module %q is called like a token's row", t.layer).Mend("save it again from the model that was trained")
		}
		row := t.rows.Rows(adapter.Token{Layer: t.rows.Name, ID: int(id)}.Name(), i, len(ids))
		a.Modules = append(a.Modules, adapter.Module{Name: token.Name(), Form: adapter.Whole, W: row})
	}
	return nil
}
