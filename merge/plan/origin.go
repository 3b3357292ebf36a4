package plan

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/hub"
)

// snapshotForm is where the Hugging Face libraries keep what they download: the folder of
// a repository, models--OWNER--NAME, holds one of each revision, snapshots/COMMIT.
// https://huggingface.co/docs/huggingface_hub/guides/manage-cache
var snapshotForm = regexp.MustCompile(`(?:^|/)models--([\w.-]+)/snapshots/([0-9a-f]{40})(/[^/].*)?$`)

// hubOrigin is the repository, revision and folder that a path shows by the layout of the
// local cache of the Hub, as hf://OWNER/NAME@COMMIT/FOLDER; empty where it shows none.
func hubOrigin(path string) string {
	parts := snapshotForm.FindStringSubmatch(filepath.ToSlash(filepath.Clean(path)))
	if parts == nil {
		return ""
	}
	// A repository's name holds no "--", and at most one slash.
	owner, name, two := strings.Cut(parts[1], "--")
	if two {
		owner += "/" + name
	}
	if owner == "" || strings.HasPrefix(owner, "/") || strings.Contains(name, "--") || two && name == "" {
		return ""
	}
	return "hf://" + owner + "@" + parts[2] + parts[3]
}

// CheckCached refuses files in the local cache of the Hub whose content is not what their names there say.
func (in *Input) CheckCached() error {
	files := in.Files()
	for _, file := range files[:len(files)-len(in.beside)] {
		err := hub.CheckBlob(file.Path, file.Into.Hex())
		if damaged, ok := err.(*fault.Fault); ok {
			return damaged.Mend("`loramerge fetch " + in.Origin + "` downloads it again").See("nothing-is-fetched")
		}
	}
	return nil
}

// originOf looks at a folder's path, and if that shows nothing at where its links lead.
func originOf(folder string) string {
	if origin := hubOrigin(folder); origin != "" {
		return origin
	}
	real, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return ""
	}
	return hubOrigin(real)
}
