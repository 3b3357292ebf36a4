package lockfile

import (
	"errors"
	"io"
	"regexp"
	"strconv"

	"gopkg.in/yaml.v3"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/recipetext"
)

var (
	errVersion       = errors.New("its version is")
	errDigestVersion = errors.New("its digests are of version")
	errRefers        = errors.New("it holds anchors or aliases, which loramerge never writes")
)

// typeMistake is what yaml says of a value that is none of a lock's, with a name of
// this program at its end that means nothing to a reader of the file.
var typeMistake = regexp.MustCompile(`(?s)^line (\d+): (.*?)(?: (?:in type|into) [\w.\[\]]+)?$`)

var unknownEntry = regexp.MustCompile(`(?s)^field (.*) not found$`)

// notLock is the Fault of a file at the path of a lock that is none.
func notLock(path string, source []byte, err error) *fault.Fault {
	m := fault.At(fault.Position{File: path, Line: 1, Column: 1}, "this is not a lock").Because(err)
	typed, ok := errors.AsType[*yaml.TypeError](err)
	score, ofScore := errors.AsType[*scoreMistake](err)
	switch {
	case ofScore:
		m.Position = place(path, source, score.keys...)
	case ok:
		parts := typeMistake.FindStringSubmatch(typed.Errors[0])
		m.Line, _ = strconv.Atoi(parts[1])
		m.Cause = errors.New(unknownEntry.ReplaceAllString(parts[2], `it has the unknown entry "$1"`))
	case errors.Is(err, io.EOF):
		m.Cause = errors.New("it is empty")
	case errors.Is(err, errRefers):
	case errors.Is(err, errVersion):
		m.Position = place(path, source, "lock")
	case errors.Is(err, errDigestVersion):
		m.Position = place(path, source, "digest")
	case len(source) <= sizeLimit:
		m = recipetext.NotYAML(path, source, err)
	}
	m.Mend("restore it from git, or renew it with --update-lock")
	if len(source) > 0 && !Is(source) {
		m.Mend("move it away, since loramerge did not make it, or replace it with --update-lock --force")
	}
	return m.See("locks")
}
