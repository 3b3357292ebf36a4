package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/merge/plan"
)

// copyCarried copies a save's files. One that is not what was hashed has changed meanwhile.
func (o *output) copyCarried(ctx context.Context, hashes plan.Hashes, inputs []plan.Input) error {
	for _, c := range o.node.Carries {
		to := o.dir.Path(c.Name)
		if err := copyFile(ctx, to, c.Path()); err != nil {
			return err
		}
		got, err := hashes.Hash(ctx, to)
		if err != nil {
			return err
		}
		if got != c.Hash(inputs) {
			return fault.In(c.Path(), "changed while it was copied").Mend("don't change it until the run has ended, and run again")
		}
	}
	return nil
}

func copyFile(ctx context.Context, to, from string) error {
	in, err := osfile.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, plan.ContextReader{Ctx: ctx, Reader: in})
	return errors.Join(err, out.Close())
}

// writeCarried is the part of the card on them.
func writeCarried(n *plan.Node, b *strings.Builder) {
	for _, c := range n.Carries {
		fmt.Fprintf(b, "\n`%s` is copied from %s.\n", cell(c.Name), c.Label)
	}
}
