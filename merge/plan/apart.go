package plan

import (
	"os"
	"path/filepath"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/stages"
)

// CheckApart refuses recipes that can't be run one after another as they were planned: what one of them
// writes must not be what another one writes or has read. Its errors are Faults.
func CheckApart(plans []*Plan) error {
	var all *multierror.Error
	for i, p := range plans {
		for j, other := range plans {
			if i != j {
				all = multierror.Append(all, p.checkReads(other))
			}
			if j < i {
				all = multierror.Append(all, p.checkApart(other))
			}
		}
	}
	return all.ErrorOrNil()
}

// checkApart refuses a plan that writes what an earlier one does.
func (p *Plan) checkApart(earlier *Plan) error {
	lock := func(p *Plan) string { return osfile.Resolve(osfile.Abs(lockfile.Path(p.Recipe.File))) }
	if lock(p) == lock(earlier) {
		return fault.In(p.Recipe.File, "has the same lock as %s, %s", earlier.Recipe.File, lockfile.Path(p.Recipe.File)).Mend("rename one of them")
	}
	var all *multierror.Error
	targets := make(map[string]*Node)
	for _, sink := range earlier.Sinks() {
		targets[landed(sink)] = sink
	}
	for _, sink := range p.Sinks() {
		if other := overlapping(targets, landed(sink)); other != nil {
			_, at := sink.Op.(stages.Sink).To()
			all = multierror.Append(all, fault.At(at, "stage %q of %s saves to %s already", other.ID, earlier.Recipe.File, other.Op.(stages.Sink).Target()).Mend("save to a folder of its own"))
		}
	}
	return all.ErrorOrNil()
}

// landed is where a save leads once links are followed.
func landed(sink *Node) string {
	target := osfile.Abs(sink.Op.(stages.Sink).Target())
	if real, err := landing(target); err == nil {
		return real
	}
	return target
}

// checkReads refuses a plan that would replace what another one, planned with it, reads.
func (p *Plan) checkReads(other *Plan) error {
	var all *multierror.Error
	for _, n := range p.Sinks() {
		sink := n.Op.(stages.Sink)
		_, at := sink.To()
		force := overwrite.Rule{Force: true, Kept: other.loads()}
		if err := force.Check(sink.Target(), nil); err != nil {
			all = multierror.Append(all, fault.At(at, "%s was planned with what is there now", other.Recipe.File).Because(err).
				Mend("run "+other.Recipe.File+" by itself afterwards"+other.instead(p, n)))
			continue
		}
		force.Kept = other.reads()
		if err := force.Check(sink.Target(), nil); err != nil {
			all = multierror.Append(all, fault.At(at, "%s is run too", other.Recipe.File).Because(err))
		}
	}
	return all.ErrorOrNil()
}

// instead is what a plan could load of another one's recipe instead of its output.
func (p *Plan) instead(of *Plan, sink *Node) string {
	path, err := filepath.Rel(osfile.Abs(p.dir), osfile.Abs(of.Recipe.File))
	if _, failed := os.Stat(of.Recipe.File); err != nil || failed != nil {
		return ""
	}
	return ", or let it load the stage itself: `load: {recipe: " + filepath.ToSlash(path) + ", stage: " + sink.Slots[0][0].Reference.String() + "}`"
}
