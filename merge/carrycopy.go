package merge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/regular"
)

// ProvenFile is a carried file in the metadata.
type ProvenFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// provenFiles are a save's carried files for its metadata.
func (n *Node) provenFiles(inputs []Input) []ProvenFile {
	out := make([]ProvenFile, len(n.carries))
	for i, c := range n.carries {
		out[i] = ProvenFile{c.name, c.hash(inputs).String()}
	}
	return out
}

// carriedHashes are the hashes of the files that an output says it carries, by name.
func carriedHashes(metadata map[string]string) map[string]string {
	var files []ProvenFile
	if json.Unmarshal([]byte(metadata[adapter.MadeCarrying]), &files) != nil {
		return nil
	}
	hashes := make(map[string]string)
	for _, f := range files {
		hashes[f.Name] = f.SHA256
	}
	return hashes
}

// copyCarried copies a save's files. One that is not what was hashed has changed meanwhile.
func (o *output) copyCarried(ctx context.Context, hashes Hashes, inputs []Input) error {
	for _, c := range o.node.carries {
		to := o.dir.Path(c.name)
		if err := copyFile(ctx, to, c.path()); err != nil {
			return err
		}
		got, err := hashes.Hash(ctx, to)
		if err != nil {
			return err
		}
		if got != c.hash(inputs) {
			return &adapter.Problem{Path: c.path(), Reason: "has changed while it was copied", Remedy: "leave it alone until the run has ended, and run again"}
		}
	}
	return nil
}

func copyFile(ctx context.Context, to, from string) error {
	in, err := regular.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, contextReader{ctx, in})
	return errors.Join(err, out.Close())
}

// carriedList is the part of the card on them.
func (n *Node) carriedList(b *strings.Builder) {
	for _, c := range n.carries {
		fmt.Fprintf(b, "\n`%s` is copied from %s.\n", cell(c.name), c.label)
	}
}
