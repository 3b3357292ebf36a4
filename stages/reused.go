package stages

import (
	"context"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
)

// reused is a load of another recipe's stage, whose value flows in and on.
type reused struct{ Spec }

// bindReused calls one adapter as the load is, whatever the other recipe calls it; several keep
// their names.
func bindReused(spec Spec) (Op, Type, error) {
	r, in := &reused{Spec: spec}, spec.In
	if keySHA256.In(r.Params) {
		return r, in[0], fault.At(keySHA256.At(r.Params), "sha256 is of an adapter's file, and this is another recipe's stage").
			Mend("leave it out: the lock pins the other recipe and what it loads")
	}
	if keyAllowUnknown.In(r.Params) {
		return r, in[0], fault.At(keyAllowUnknown.At(r.Params), "allow-unknown is of an adapter's configuration, and this is another recipe's stage").
			Mend("write it in the other recipe, at the load of the adapter")
	}
	if keyRename.In(r.Params) {
		return r, in[0], fault.At(keyRename.At(r.Params), "rename is of an adapter's file, and this is another recipe's stage").Mend("write it in the load of the other recipe")
	}
	if len(in[0].Members) == 1 {
		return r, in[0].one(r.Name, in[0].Members[0].Modules), nil
	}
	return r, in[0], nil
}

// Apply passes the value on.
func (r *reused) Apply(_ context.Context, _ Env, in []Value) (Value, error) { return in[0], nil }

// Warnings warns of symbolic links, as other loads do.
func (r *reused) Warnings() []*fault.Fault {
	link, found := adapter.FindLink(r.resolve(r.Reuse.Path))
	if !found {
		return nil
	}
	return []*fault.Fault{fault.At(r.Reuse.Position, "%s leads through a symbolic link to %s", link.Path, link.To).See("symbolic-links")}
}
