package adapter

import (
	"encoding/json"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/osfile"
)

// mostTokenizer bounds what is read of a tokenizer; the largest have some tens of megabytes.
const mostTokenizer = 64 << 20

// AddedTokens are the tokens that were added to the tokenizer next to the adapter, by id, as
// added_tokens.json and the added_tokens of tokenizer.json say. What can't be read says nothing.
func (a *Adapter) AddedTokens() map[int]string {
	tokens := make(map[int]string)
	var added map[string]int
	if text, err := osfile.ReadUpTo(filepath.Join(a.Folder(), "added_tokens.json"), mostTokenizer); err == nil && json.Unmarshal(text, &added) == nil {
		for token, id := range added {
			if known, twice := tokens[id]; !twice || token < known {
				tokens[id] = token
			}
		}
	}
	var tokenizer struct {
		Added []struct {
			ID      int    `json:"id"`
			Content string `json:"content"`
		} `json:"added_tokens"`
	}
	if text, err := osfile.ReadUpTo(filepath.Join(a.Folder(), "tokenizer.json"), mostTokenizer); err == nil && json.Unmarshal(text, &tokenizer) == nil {
		for _, token := range tokenizer.Added {
			tokens[token.ID] = token.Content
		}
	}
	return tokens
}
