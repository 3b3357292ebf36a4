package loramerge_test

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// planning are the folders whose words reach a user of plan and validate.
var planning = []string{"recipe", "stages", "merge/plan", "merge/run", "adapter", "internal/safetensors", "internal/lfs", "internal/outdir", "internal/overwrite"}

// beyondPlanning are files of those folders that say nothing to a planner, and what
// they are for.
var beyondPlanning = map[string]string{
	"adapter/compare.go":             "verify",
	"adapter/notes.go":               "notes, which TestNotes compares to the letter",
	"adapter/overflow.go":            "writing",
	"adapter/read.go":                "running",
	"internal/outdir/commit.go":      "writing",
	"internal/outdir/dir.go":         "writing",
	"internal/outdir/lock.go":        "writing",
	"internal/outdir/sweep.go":       "writing",
	"internal/safetensors/encode.go": "writing",
	"internal/safetensors/layout.go": "writing",
	"internal/safetensors/sum.go":    "writing",
	"internal/safetensors/writer.go": "writing",
	"merge/run/carrycopy.go":         "running",
	"merge/run/entry.go":             "the cache",
	"merge/run/evaluate.go":          "running",
	"merge/run/size*.go":             "running; TestSizeRemedies",
	"merge/plan/hashes.go":           "running",
	"merge/run/keep.go":              "the cache",
	"merge/run/leaves.go":            "running",
	"merge/run/proof.go":             "verify and report",
	"merge/plan/proven.go":           "verify and report",
	"merge/run/sink.go":              "running",
	"merge/run/verify.go":            "verify",
	"recipe/schema*.go":              "the schema",
	"stages/magnitude.go":            "running",
}

// unshown are texts that no golden file can hold, and why; what shows them instead.
var unshown = map[string]string{
	"a file that is to be carried can't be read": "the system's words, of a file that its owner may not read",
	"cannot be read": "the system's words; TestFoldersThatAreNone",
	"DType(%d)":      "a programmer's mistake",
	"a dimension is too large for this machine's integers": "machines of 32 bits",
	"the shape is too large for this machine's integers":   "machines of 32 bits",
	"%s: reading tensor %s: %w":                            "running",
	"it is not a regular file":                             "pipes and devices; TestOpenNamedPipe, TestOpenDevice",
	"the file has become shorter while it was read":        "another process at work; TestReadAtOfShrunkFile",
	"opening safetensors file: %w":                         "the system's words; TestOpenMissing",
	"%s: reading the header: %w":                           "the system's words; a disk that fails",
	"the lock pins no output of stage %q":                  "a lock edited by hand; TestFrozen",
	"stage %q: the same plan and inputs gave other bytes than %s pins: %s %s instead of %s (the lock is of loramerge %s, and this is %s); please report it, and see `loramerge verify`": "running; TestOtherBytesRefused",
	"%s pins the merge of the defaults, and stays as it is":                                                              "no mistake; lock-release.txtar",
	"%s was made with the matrix kernels %s, and this machine has %s: last bits may differ, and the lock stays as it is": "no mistake; lock-release.txtar",
	"a symbolic link leads this out of the recipe's folder, to %s":                                                       "a path of the machine; links.txtar",
	"it is larger than %d bytes":                                 "a lock of four megabytes; TestBadLock",
	"the lock can't be written: %w":                              "running; the system's words",
	"the recipe can't be read":                                   "a file that its owner may not read, which some owners always may",
	"the recipe is larger than %d bytes":                         "a recipe of a megabyte; TestHostileFiles",
	"there are more than %d mistakes":                            "a recipe of twenty thousand mistakes; TestMistakesAreLimited",
	"the variables of this file expand to more than %d bytes":    "a recipe that grows to a megabyte; TestVariablesAreBounded",
	"; %s with `%s`":                                             "the reference",
	"; not with `%s`":                                            "the reference",
	"the delta of adapter %q at module %q can't be factored: %v": "running",
	"the %d adapters cancel each other: their weighted sum is %.2g of what it would be if they agreed, and what is left is mostly noise":                    "running; run-norm.txtar",
	"the %d adapters cancel each other: their weighted sum is 0 but for rounding, and so is the result":                                                     "running; run-norm.txtar",
	"the adapters cancel each other at %s, the most at %q, where their weighted sum is 0 but for rounding":                                                  "running; run-norm.txtar",
	"the adapters cancel each other at %s, the most at %q: their weighted sum is %.2g of what it would be if they agreed, and what is left is mostly noise": "running; run-norm.txtar",
	"the lock can't be read":                     "the system's words, of a file that its owner may not read",
	"recipes load each other more than %d deep":  "a chain of recipes; TestReuseBounds",
	"more than %d recipes are loaded":            "a hundred recipes; TestReuseBounds",
	"it can't be told whether loramerge made %s": "damaged weights; overwrite.txtar",
	"%s is damaged: %s":                          "what TestStranger and overwrite.txtar show",
}

// TestErrorsHaveGoldens: every text that planning can refuse or warn with is, remedy
// included, in a golden file, where a reviewer sees what a change does to it.
func TestErrorsHaveGoldens(t *testing.T) {
	shown, excused := goldens(t), make(map[string]bool)
	for _, file := range sources(t) {
		if !slices.Contains(planning, file.folder) || isBeyondPlanning(file.path) {
			continue
		}
		for _, said := range file.texts() {
			if _, known := unshown[said.text]; known {
				excused[said.text] = true
			} else if !said.form().Match(shown) {
				t.Errorf("%s: no golden file shows %q with the remedy %q", said.at, said.text, said.remedy)
			}
		}
	}
	for text := range unshown {
		if !excused[text] {
			t.Errorf("nothing says %q any more", text)
		}
	}
	for pattern := range beyondPlanning {
		files(t, pattern)
	}
}

func isBeyondPlanning(file string) bool {
	for pattern := range beyondPlanning {
		if matched, _ := path.Match(pattern, file); matched {
			return true
		}
	}
	return false
}

var (
	shownLine = regexp.MustCompile(`(?m)^ *\d* \| .*\n`)
	shownEnd  = regexp.MustCompile(`\n      = `)
)

// goldens are all the texts that tests compare to the letter, each on one line: golden
// files, and of scripts the files that are called want.
func goldens(t *testing.T) []byte {
	t.Helper()
	var all bytes.Buffer
	for _, folder := range []string{"testdata/broken", "testdata/warned", "adapter/testdata", "internal/safetensors/testdata"} {
		for _, path := range files(t, folder+"/*.golden") {
			all.Write(readFile(t, path))
		}
	}
	for _, path := range files(t, "testdata/script/*.txtar") {
		for _, file := range txtar.Parse(readFile(t, path)).Files {
			if strings.HasPrefix(file.Name, "want") {
				all.Write(file.Data)
			}
		}
	}
	return shownEnd.ReplaceAll(shownLine.ReplaceAll(all.Bytes(), nil), []byte("; "))
}
