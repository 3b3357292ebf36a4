package run

import (
	"errors"
	"io"
	"regexp"
	"strconv"

	"gopkg.in/yaml.v3"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/recipe"
)

var (
	errLockVersion   = errors.New("its version is")
	errDigestVersion = errors.New("its digests are of version")
)

// typeMistake is what yaml says of a value that is none of a lock's, with a name of
// this program at its end that tells a reader of the file nothing.
var typeMistake = regexp.MustCompile(`(?s)^line (\d+): (.*?)(?: (?:in type|into) [\w.\[\]]+)?$`)

var unknownEntry = regexp.MustCompile(`(?s)^field (.*) not found$`)

// notLock is the Fault of a file that stands where a lock should be.
func notLock(path string, source []byte, err error) *fault.Fault {
	m := fault.At(recipe.Position{File: path, Line: 1, Column: 1}, "this is not a lock").Because(err)
	typed, ok := errors.AsType[*yaml.TypeError](err)
	switch {
	case ok:
		parts := typeMistake.FindStringSubmatch(typed.Errors[0])
		m.Line, _ = strconv.Atoi(parts[1])
		m.Cause = errors.New(unknownEntry.ReplaceAllString(parts[2], `it has the unknown entry "$1"`))
	case errors.Is(err, io.EOF):
		m.Cause = errors.New("it is empty")
	case errors.Is(err, errRefers):
	case errors.Is(err, errLockVersion):
		m.Position = lockPlaces(path, source)("lock")
	case errors.Is(err, errDigestVersion):
		m.Position = lockPlaces(path, source)("digest")
	case len(source) <= lockLimit:
		m = recipe.NotYAML(path, source, err)
	}
	m.Mend("restore it from git, or renew it with --update-lock")
	if len(source) > 0 && !lockfile.Is(source) {
		m.Mend("move it away, since loramerge did not make it, or replace it with --update-lock --force")
	}
	return m.See("locks")
}

// lockPlaces finds where the entries of a lock stand in its file: what keys lead to,
// or the last of them that is there.
func lockPlaces(path string, source []byte) func(keys ...string) recipe.Position {
	root := new(yaml.Node)
	if yaml.Unmarshal(source, root) == nil && root.Kind == yaml.DocumentNode {
		root = root.Content[0]
	}
	return func(keys ...string) recipe.Position {
		at := recipe.Position{File: path, Line: 1, Column: 1}
		for table := root; table != nil && len(keys) > 0; keys = keys[1:] {
			var key *yaml.Node
			if key, table = lookUp(table, keys[0]); key != nil {
				at.Line, at.Column = key.Line, key.Column
			}
		}
		return at
	}
}

// lookUp finds an entry of a table; both are nil where there is none.
func lookUp(table *yaml.Node, name string) (key, value *yaml.Node) {
	for i := 0; i+1 < len(table.Content); i += 2 {
		if table.Content[i].Value == name {
			return table.Content[i], table.Content[i+1]
		}
	}
	return nil, nil
}
