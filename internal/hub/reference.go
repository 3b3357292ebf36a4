package hub

import (
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
)

// Scheme begins a reference.
const Scheme = "hf://"

// MainBranch is the revision of a reference that names none.
const MainBranch = "main"

// Reference is a folder of a model's repository, or a file of it, at a revision:
// hf://OWNER/NAME@REVISION/FOLDER.
type Reference struct {
	Owner, Name string
	Revision    string // a branch, a tag or a commit; empty if the reference names none
	Folder      string // slashed; empty for the repository's own
}

// IsReference reports whether a path is written as a reference, right or wrong.
func IsReference(path string) bool { return strings.HasPrefix(path, Scheme) }

// Parse reads a reference: hf://[models/]OWNER/NAME[@REVISION][/FOLDER]. A slash in a revision is
// written %2F, except in refs/pr/N and refs/convert/NAME. A revision may also stand behind the
// folder, if nothing follows it. Errors are Faults.
func Parse(text string) (Reference, error) {
	body, found := strings.CutPrefix(text, Scheme)
	if !found {
		return Reference{}, misspelt(text, "does not begin with "+Scheme)
	}
	parts := strings.Split(strings.TrimSuffix(body, "/"), "/")
	if other, known := repositoryTypes[parts[0]]; known {
		if other != "" {
			return Reference{}, misspelt(text, other)
		}
		parts = parts[1:]
	}
	if len(parts) < 2 {
		return Reference{}, misspelt(text, "names no repository")
	}
	name, behind, revised := strings.Cut(parts[1], "@")
	r, folder := Reference{Owner: parts[0], Name: name}, strings.Join(parts[2:], "/")
	if !isID(r.Owner) || !isID(r.Name) || len(r.ID()) > longestID || strings.HasSuffix(r.Name, ".git") {
		return Reference{}, misspelt(text, "names no repository")
	}
	if revised {
		r.Revision, r.Folder = cutRevision(strings.TrimSuffix(behind+"/"+folder, "/"))
	} else if before, after, last := strings.Cut(folder, "@"); last {
		// The hub's own libraries take this @ for a letter of the folder's name.
		var rest string
		if r.Folder = before; after != "" {
			r.Revision, rest = cutRevision(after)
		}
		if rest != "" || r.Folder == "" {
			return Reference{}, misspelt(text, "has its revision between two folders")
		}
		revised = true
	} else {
		r.Folder = folder
	}
	revision, err := url.PathUnescape(r.Revision)
	if r.Revision = revision; revised && (err != nil || !isRevision(revision)) {
		return Reference{}, misspelt(text, "has no right revision behind its @")
	}
	if r.Folder != "" && !IsPath(r.Folder) {
		return Reference{}, misspelt(text, "leads to no folder of a repository")
	}
	return r, nil
}

// repositoryTypes are the words that are no owner, and why a reference with one is refused. The
// libraries refuse the singular too.
var repositoryTypes = map[string]string{
	"models": "", "model": "names no repository",
	"datasets": notModel, "dataset": notModel, "spaces": notModel, "space": notModel,
	"kernels": notModel, "kernel": notModel, "buckets": notModel, "bucket": notModel,
}

const notModel = "is no model's repository"

func misspelt(text, why string) error {
	return fault.New("%q %s", text, why).Mend("write hf://OWNER/NAME@REVISION, with /FOLDER behind it where the adapter is not at the top of its repository; a slash in a revision is %2F").See("nothing-is-fetched")
}

// specialRevision are the revisions that have a slash as they are written.
var specialRevision = regexp.MustCompile(`^refs/(?:pr/[0-9]+|convert/[\w.-]+)(?:/|$)`)

// cutRevision cuts what is behind an @ into the revision and the folder.
func cutRevision(text string) (revision, folder string) {
	if special := specialRevision.FindString(text); special != "" {
		return strings.TrimSuffix(special, "/"), text[len(special):]
	}
	revision, folder, _ = strings.Cut(text, "/")
	return revision, folder
}

const (
	longestID       = 96
	longestRevision = 255
	longestFolder   = 1024
)

var idForm = regexp.MustCompile(`^\w(?:[\w.-]*\w)?$`)

// isID reports whether an owner or a name is one that the hub gives. "--" stands for the slash in
// the cache.
func isID(text string) bool {
	return idForm.MatchString(text) && !strings.Contains(text, "--") && !strings.Contains(text, "..")
}

// isRevision reports whether it can be the name of a branch, a tag or a commit: as git has it
// (git-check-ref-format), since it becomes a path of the cache.
func isRevision(text string) bool {
	return len(text) <= longestRevision && IsPath(text) && !strings.ContainsAny(text, " ~^:?*[") && !strings.Contains(text, "..") &&
		!strings.Contains(text, "@{") && !strings.HasSuffix(text, ".lock") && !strings.HasSuffix(text, ".")
}

// IsPath reports whether a slashed path leads down from a folder, on every system.
func IsPath(text string) bool {
	if len(text) > longestFolder || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == '\\' || r == ':' || r == 0x7f || r == '�' }) {
		return false
	}
	for part := range strings.SplitSeq(text, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return filepath.IsLocal(filepath.FromSlash(text))
}

// ID is the repository's name on the hub, OWNER/NAME.
func (r Reference) ID() string { return r.Owner + "/" + r.Name }

// Asked is the revision, that of the main branch if the reference names none.
func (r Reference) Asked() string {
	if r.Revision == "" {
		return MainBranch
	}
	return r.Revision
}

// At is the reference with another revision.
func (r Reference) At(revision string) Reference {
	r.Revision = revision
	return r
}

// In is the reference with another folder, "." for the repository's own.
func (r Reference) In(folder string) Reference {
	if r.Folder = folder; folder == "." {
		r.Folder = ""
	}
	return r
}

// File is the reference to a file of the folder; the folder's own where no file is named.
func (r Reference) File(name string) Reference { return r.In(path.Join(r.Folder, name)) }

// String writes the reference.
func (r Reference) String() string {
	text := Scheme + r.ID()
	if r.Revision != "" {
		revision := r.Revision
		if match := specialRevision.FindString(revision); match != revision {
			revision = strings.NewReplacer("%", "%25", "/", "%2F").Replace(revision)
		}
		text += "@" + revision
	}
	if r.Folder != "" {
		text += "/" + r.Folder
	}
	return text
}

var commitForm = regexp.MustCompile(`^[0-9a-f]{40}$`)

// IsCommit reports whether a revision is a commit's whole name, and so the same for ever.
func IsCommit(revision string) bool { return commitForm.MatchString(revision) }
