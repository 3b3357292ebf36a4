package merge_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// held is a recipe that has been run once, with its lock.
func held(t *testing.T) (recipe, lock string) {
	t.Helper()
	recipe = work(t, alike(), "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: out}")
	lock = lockfile.Path(recipe)
	if _, err := runWith(t, recipe, run.Options{}); err != nil {
		t.Fatal(err)
	}
	return recipe, lock
}

// refused requires a Fault with these words, and that output and lock stay as they were.
func refused(t *testing.T, recipePath string, mode run.LockMode, words ...string) {
	t.Helper()
	lock := lockfile.Path(recipePath)
	before := [2]string{content(t, recipePath), readIfThere(lock)}
	for _, hashes := range []plan.Hashes{nil, plan.IndexedHashes(t.TempDir())} {
		_, err := runWith(t, recipePath, run.Options{Lock: mode, Hashes: hashes})
		if _, ok := errors.AsType[*fault.Fault](err); !ok {
			t.Fatalf("%T: %v, want a mistake", err, err)
		}
		for _, word := range words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("it says %q, and nothing of %q", err, word)
			}
		}
	}
	if after := [2]string{content(t, recipePath), readIfThere(lock)}; after != before {
		t.Error("a refused run changed the output or the lock")
	}
}

func readIfThere(path string) string {
	data, _ := os.ReadFile(path)
	return string(data)
}

// edit replaces text in a file.
func edit(t *testing.T, path, old, new string) {
	t.Helper()
	text := readText(t, path)
	if !strings.Contains(text, old) {
		t.Fatalf("%s does not hold %q", path, old)
	}
	writeFile(t, path, []byte(strings.Replace(text, old, new, 1)))
}

// change gives input b other weights.
func change(t *testing.T, recipe string) {
	t.Helper()
	plain(4, 8, safetensors.F32).writeWeights(t, filepath.Join(filepath.Dir(recipe), "b", peft.WeightsFile))
}

func TestChangedInputRefused(t *testing.T) {
	recipe, _ := held(t)
	change(t, recipe)
	refused(t, recipe, run.LockKeep, "input b.b: b is not what the lock pins: its weights were sha256:")
	refused(t, recipe, run.LockFrozen, "input b.b")
	result, err := runWith(t, recipe, run.Options{Lock: run.LockUpdate})
	if err != nil {
		t.Fatal(err)
	}
	if !told(result.LockChanges, "input b.b", "plan", "output o") {
		t.Errorf("changes %v", result.LockChanges)
	}
	if result, err = runWith(t, recipe, run.Options{Lock: run.LockFrozen}); err != nil || !result.UpToDate {
		t.Errorf("after the renewal: %v, %v", result, err)
	}
}

// TestRacyInput: a file that is written again within the clock's step, at the same size
// and with its time set back, is not taken for what it was.
func TestRacyInput(t *testing.T) {
	recipe := work(t, alike(), "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: out}")
	path, index := filepath.Join(filepath.Dir(recipe), "a", peft.WeightsFile), t.TempDir()
	if _, err := runWith(t, recipe, run.Options{Hashes: plan.IndexedHashes(index)}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	data := []byte(readText(t, path))
	data[len(data)-4] ^= 1 // the least bit of the last float32
	writeFile(t, path, data)
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	_, err = runWith(t, recipe, run.Options{Hashes: plan.IndexedHashes(index)})
	if err == nil || !strings.Contains(err.Error(), "input a.a") {
		t.Errorf("error %v", err)
	}
}

// TestChangedInputRefusedWithoutOutput: the refusal does not hang on an output that
// could be compared, nor on when the hashing is done.
func TestChangedInputRefusedWithoutOutput(t *testing.T) {
	recipe, _ := held(t)
	change(t, recipe)
	if err := os.RemoveAll(filepath.Join(filepath.Dir(recipe), "out")); err != nil {
		t.Fatal(err)
	}
	if _, err := runWith(t, recipe, run.Options{}); err == nil || !strings.Contains(err.Error(), "input b.b") {
		t.Errorf("error %v", err)
	}
	if names := entries(t, recipe); strings.Contains(names, "out") {
		t.Errorf("it left %s", names)
	}
}

func told(changes []lockfile.Change, what ...string) bool {
	var all []string
	for _, c := range changes {
		all = append(all, c.What)
	}
	return strings.Join(all, ", ") == strings.Join(what, ", ")
}

// TestEditedRecipeRenews: an edit of the recipe renews the lock by itself, but not
// under --locked.
func TestEditedRecipeRenews(t *testing.T) {
	for _, c := range []struct{ old, new string }{
		{"density: 0.5", "density: 0.4"},
		{"version: 1\n", "version: 1\nname: other\n"}, // it stands in the output
		{"[a, b]", "[b, a]"},
		{"m: {ties", "n: {ties"}, // and so do the stages' names
	} {
		recipe, lock := held(t)
		edit(t, recipe, c.old, c.new)
		if strings.HasPrefix(c.new, "n:") {
			edit(t, recipe, "save: m", "save: n")
		}
		refused(t, recipe, run.LockFrozen, "plan: was sha256:")
		before := readText(t, lock)
		result, err := runWith(t, recipe, run.Options{})
		if err != nil || result.UpToDate || len(result.LockChanges) == 0 || readText(t, lock) == before {
			t.Errorf("%s: %+v, %v", c.new, result, err)
		}
		if err := os.RemoveAll(filepath.Join(filepath.Dir(recipe), "out")); err != nil {
			t.Fatal(err)
		}
		if _, err := runWith(t, recipe, run.Options{Lock: run.LockFrozen}); err != nil {
			t.Errorf("%s: made anew: %v", c.new, err)
		}
	}
}

// TestMeaninglessEdit: a comment changes nothing.
func TestMeaninglessEdit(t *testing.T) {
	recipe, _ := held(t)
	edit(t, recipe, "version: 1", "# for the team\nversion: 1")
	if result, err := runWith(t, recipe, run.Options{Lock: run.LockFrozen}); err != nil || !result.UpToDate {
		t.Errorf("%v, %v", result, err)
	}
}

func TestFrozen(t *testing.T) {
	recipe, lock := held(t)
	text := readText(t, lock)
	for _, c := range []struct{ old, new, word string }{
		{"plan: sha256:", "kernels: far/away\nplan: sha256:", "kernels: was far/away, is nothing"},
		{"  o:\n", "  p:\n", "pins no output of stage \"o\""},
		{"  a.a:\n", "  z.z:\n", "input a.a"},
	} {
		edit(t, lock, c.old, c.new)
		refused(t, recipe, run.LockFrozen, c.word)
		writeFile(t, lock, []byte(text))
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	refused(t, recipe, run.LockFrozen, "there is no lock", "recipe.lock.yaml")
}

// TestOtherBytesRefused: a lock that pins other bytes for the same plan is an error of
// the program, or of whoever edited the lock, and is told as such.
func TestOtherBytesRefused(t *testing.T) {
	recipe, lock := held(t)
	at := strings.Index(readText(t, lock), "outputs:")
	text := readText(t, lock)
	digits := strings.Index(text[at:], "weights: sha256:") + at + len("weights: sha256:")
	writeFile(t, lock, []byte(text[:digits]+strings.Repeat("0", 64)+text[digits+64:]))
	for range 2 {
		_, err := runWith(t, recipe, run.Options{Hashes: plan.IndexedHashes(t.TempDir())})
		if err == nil || !strings.Contains(err.Error(), `stage "o": the same plan and inputs gave other bytes`) {
			t.Errorf("error %v", err)
		}
	}
}

func TestBadLock(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		foreign    bool // not even renewed, unless that is forced
	}{
		"empty":       {"", "1:1: this is not a lock: it is empty", false},
		"foreign":     {"# theirs\n- packages\n- of another tool\n", "2:1: this is not a lock: cannot unmarshal !!seq", true},
		"newer":       {"# new\nlock: 2\n", "2:1: this is not a lock: its version is 2, and this program knows 1", false},
		"no version":  {"tool: x\n", "1:1: this is not a lock: its version is 0, and this program knows 1", true},
		"unknown key": {"lock: 1\nplans: x\n", "2:1: this is not a lock: it has the unknown entry \"plans\"", false},
		"text":        {"what is this", "1:1: this is not a lock: cannot unmarshal !!str `what is...`", true},
		"huge":        {strings.Repeat("#", 5<<20), "1:1: this is not a lock: it is larger than 4194304 bytes", true},
		"aliases":     {"a: &a [*a]\n", "1:1: this is not a lock: it holds anchors or aliases", true},
		"merged":      {"lock: 1\ninputs:\n<<<<<<< ours\n", "3:1: this is not YAML: could not find expected ':'", false},
		"binary":      {"\x00\xff", "1:1: this is not YAML: control characters are not allowed", true},
	} {
		recipe, lock := held(t)
		writeFile(t, lock, []byte(c.text))
		refused(t, recipe, run.LockKeep, "recipe.lock.yaml:"+c.want)
		if c.foreign {
			refused(t, recipe, run.LockUpdate, "recipe.lock.yaml:"+c.want, "; move it away, since loramerge did not make it, or replace it with --update-lock --force")
		}
		if _, err := runForced(t, recipe, run.Options{Lock: run.LockUpdate}, c.foreign); err != nil {
			t.Errorf("%s: it was not renewed: %v", name, err)
		}
		if result, err := runWith(t, recipe, run.Options{}); err != nil || !result.UpToDate {
			t.Errorf("%s: after the renewal: %v, %v", name, result, err)
		}
	}
}

func TestLockIsAFolder(t *testing.T) {
	recipe, lock := held(t)
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(lock, 0o777); err != nil {
		t.Fatal(err)
	}
	refused(t, recipe, run.LockKeep, "the lock is not a regular file")
}
