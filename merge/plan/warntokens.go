package plan

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/stages"
)

// warnOfTokens warns of stages that merge rows of tokens: of rows that are kept whole where their
// adapters count less, of rows that mean another token to some, and of tokenizers that differ.
func (p *Plan) warnOfTokens() {
	for _, n := range p.Nodes {
		c, combines := n.Op.(stages.Combiner)
		if !combines || !slices.ContainsFunc(n.Out.Union(), isRow) {
			continue
		}
		if kept := stages.KeptRows(c, n.In[0]); kept != "" {
			p.warn(n, fault.At(n.Position, "rows of tokens are kept whole, whatever their adapters' weights: %s", kept).
				Mend("that is right for new tokens; leave rows of the base model's own tokens out with `select … exclude`, unless they should change as much as in their adapter").See("token-rows"))
		}
		if clash := stages.OtherMeaning(n.In[0]); clash != "" {
			p.warn(n, fault.At(n.Position, "%s: the row changes both", clash).
				Mend("use the result with the first tokenizer, or train one of them again with another id").See("token-rows"))
		}
		if x, y, differ := unlikeTokenizers(n.In[0].Sources); differ {
			p.warn(n, fault.At(n.Position, "rows of tokens are merged, and the tokenizers (%s) in %s and %s differ", tokenizerFile, x.Path, y.Path).
				Mend("the result needs one that has the new tokens of all: make it the tokenizer of one adapter, and copy that with `carry: {tokenizer: ADAPTER}` in the save").See("token-rows"))
		}
	}
}

func isRow(module string) bool {
	_, row := adapter.TokenOf(module)
	return row
}

const tokenizerFile = "tokenizer.json"

// unlikeTokenizers finds two adapters next to which are tokenizers of different bytes.
func unlikeTokenizers(sources []*adapter.Adapter) (x, y *adapter.Adapter, differ bool) {
	for _, other := range sources {
		file := filepath.Join(other.Folder(), tokenizerFile)
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if x == nil {
			x = other
		}
		if same, err := sameContent(filepath.Join(x.Folder(), tokenizerFile), file); err == nil && !same {
			return x, other, true
		}
	}
	return nil, nil, false
}
