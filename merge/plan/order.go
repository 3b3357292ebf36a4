package plan

import (
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/loramerge/loramerge/internal/fault"
)

const (
	unseen = iota
	open
	done
)

// sorted puts every node after its inputs; among equals the order stays. It goes depth
// first, with a stack of its own: a recipe may hold a chain of ten thousand stages. Every
// cycle is reported once.
func sorted(all []*Node) ([]*Node, error) {
	var out []*Node
	var mistakes *multierror.Error
	state := make(map[*Node]int)
	for _, start := range all {
		path := []*Node{}
		if state[start] == unseen {
			path, state[start] = append(path, start), open
		}
		for len(path) > 0 {
			n := path[len(path)-1]
			if next := n.firstInput(func(in *Node) bool { return state[in] == unseen }); next != nil {
				path, state[next] = append(path, next), open
				continue
			}
			if in := n.firstInput(func(in *Node) bool { return state[in] == open }); in != nil && !n.broken {
				mistakes = multierror.Append(mistakes, cycle(path, in))
				breakFrom(path, in)
			}
			path, state[n] = path[:len(path)-1], done
			out = append(out, n)
		}
	}
	return out, mistakes.ErrorOrNil()
}

func cycle(path []*Node, from *Node) error {
	const most = 12
	names := []string{from.ID}
	for i := len(path) - 1; path[i] != from; i-- {
		if len(names) == most {
			names = append(names, "…")
			break
		}
		names = append(names, path[i].ID)
	}
	return fault.At(from.Position, "stages form a cycle: %s", strings.Join(append(names, from.ID), " ← ")).Mend("let one of them take its input from elsewhere")
}

// breakFrom marks the stages of a cycle, so that nothing more is said of them.
func breakFrom(path []*Node, from *Node) {
	for i := len(path) - 1; ; i-- {
		path[i].broken = true
		if path[i] == from {
			return
		}
	}
}
