package plan

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// checkCarried finds what the saves are to copy.
func (p *Plan) checkCarried() error {
	var all *multierror.Error
	for _, n := range p.Nodes {
		sink, ok := n.Op.(stages.Sink)
		if !ok || n.broken {
			continue
		}
		for _, pick := range sink.Carries() {
			found, err := n.find(pick)
			all = multierror.Append(all, err)
			n.Carries = append(n.Carries, found...)
		}
		slices.SortFunc(n.Carries, func(x, y carriedFile) int { return strings.Compare(x.Name, y.Name) })
		n.Carries = slices.CompactFunc(n.Carries, func(x, y carriedFile) bool { return x.Name == y.Name })
	}
	return all.ErrorOrNil()
}

// find gives the files that a pick means, from the one adapter that has them or is named.
// Where several have a file it must be one and the same.
func (n *Node) find(pick recipe.Pick) ([]carriedFile, error) {
	inputs := LoadedFor(n)
	if pick.From != "" {
		var labels []string
		for _, in := range inputs {
			labels = append(labels, in.Label)
		}
		inputs = slices.DeleteFunc(inputs, func(in Loaded) bool { return in.Label != pick.From })
		if len(inputs) == 0 {
			return nil, recipe.UnknownName(pick.Position, "adapter", pick.From, labels, "is loaded for this save")
		}
	}
	names, known := adapter.CarryGroups[pick.Name]
	if !known && !formats.MayCarry(pick.Name) {
		return nil, fault.At(pick.Position, "%q can't be copied", pick.Name).Mend("name a file that is in an adapter's folder, without a path").See("files-beside")
	}
	if !known {
		names = []string{pick.Name}
	}
	var out []carriedFile
	for _, name := range names {
		first := -1
		for i, in := range inputs {
			path := filepath.Join(in.Opened.Folder(), name)
			if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
				continue
			}
			if first < 0 {
				first = i
				out = append(out, carriedFile{name, in.Opened.Folder(), in.Label})
				continue
			}
			same, err := sameContent(out[len(out)-1].Path(), path)
			if err != nil {
				return nil, fault.At(pick.Position, "a file to be copied can't be read").Because(err).Mend("check its permissions")
			}
			if !same {
				more := ""
				if len(n.Op.(stages.Sink).Carries()) > 1 {
					more = ", …"
				}
				return nil, fault.At(pick.Position, "%s of %q and %q are not the same", name, inputs[first].Label, in.Label).
					Mend(fmt.Sprintf("say whose is right for the result: `carry: {%s: %s%s}`", pick.Name, in.Label, more)).See("files-beside")
			}
		}
	}
	if len(out) == 0 {
		return nil, fault.At(pick.Position, "no adapter that is loaded for this save has %q beside it", pick.Name).
			Mend("leave it out, or write the file's name as in the adapter's folder").See("files-beside")
	}
	return out, nil
}

// sameContent compares two files byte by byte.
func sameContent(x, y string) (bool, error) {
	a, err := osfile.Open(x)
	if err != nil {
		return false, err
	}
	defer a.Close()
	b, err := osfile.Open(y)
	if err != nil {
		return false, err
	}
	defer b.Close()
	p, q := make([]byte, hashBlock), make([]byte, hashBlock)
	for {
		n, errA := io.ReadFull(a, p)
		m, errB := io.ReadFull(b, q)
		if !bytes.Equal(p[:n], q[:m]) {
			return false, nil
		}
		for _, err := range []error{errA, errB} {
			switch {
			case err == io.EOF || err == io.ErrUnexpectedEOF:
				return true, nil
			case err != nil:
				return false, err
			}
		}
	}
}

// carried reports whether every save that a load flows into copies what a note is about.
func (p *Plan) carried(load *Node, what string) bool {
	reached := false
	for _, n := range p.Sinks() {
		if !slices.Contains(n.Upstream(), load) {
			continue
		}
		reached = true
		if !slices.ContainsFunc(n.Op.(stages.Sink).Carries(), func(pick recipe.Pick) bool { return pick.Name == what }) {
			return false
		}
	}
	return reached
}
