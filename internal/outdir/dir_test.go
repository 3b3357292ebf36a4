package outdir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// twoSteps is a system that cannot exchange folders.
func twoSteps() calls {
	sys := system
	sys.Exchange = func(a, b string) error { return &os.LinkError{Op: "exchange", Old: a, New: b, Err: errNoExchange} }
	return sys
}

var systems = map[string]calls{"exchange": system, "two steps": twoSteps()}

func TestCommit(t *testing.T) {
	for name, sys := range systems {
		for _, before := range []tree{nil, {}, oldTree} {
			t.Run(name, func(t *testing.T) {
				parent := t.TempDir()
				target := filepath.Join(parent, "out")
				if before != nil {
					before.put(t, target)
				}
				d, err := newTree.stage(sys, target)
				must(t, err)
				wantTree(t, target, before)
				must(t, d.Commit())
				must(t, d.Abort())
				wantTree(t, target, newTree)
				wantOnly(t, parent, "out")
			})
		}
	}
}

// A target's name may be as long as the file system allows, and the work folders of two
// long names that begin alike are distinguished.
func TestLongNames(t *testing.T) {
	parent := t.TempDir()
	for _, name := range []string{strings.Repeat("n", 255), strings.Repeat("n", 254) + "m", strings.Repeat("ä", 127), strings.Repeat("n", 101)} {
		target := filepath.Join(parent, name)
		must(t, Sweep(target))
		d, err := newTree.stage(system, target)
		must(t, err)
		must(t, d.Commit())
		wantTree(t, target, newTree)
		must(t, os.RemoveAll(target))
		must(t, WriteFile(target, []byte("text")))
		must(t, os.Remove(target))
	}
	wantOnly(t, parent)
	one, other := strings.Repeat("n", 254)+"a", strings.Repeat("n", 254)+"b"
	if work := strings.Replace(workPattern(one), "*", "12", 1); !isWork(work, one) || isWork(work, other) {
		t.Errorf("%s is a work folder of %v, of the other %v", work, isWork(work, one), isWork(work, other))
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	parent := t.TempDir()
	d, err := newTree.stage(system, filepath.Join(parent, "a", "b", "out"))
	must(t, err)
	must(t, d.Abort())
	must(t, d.Abort())
	wantOnly(t, parent)
}

func TestAbortKeepsParentsInUse(t *testing.T) {
	parent := t.TempDir()
	first, err := Stage(filepath.Join(parent, "a", "first"))
	must(t, err)
	second, err := newTree.stage(system, filepath.Join(parent, "a", "second"))
	must(t, err)
	must(t, first.Abort())
	must(t, second.Commit())
	wantTree(t, filepath.Join(parent, "a", "second"), newTree)
	wantOnly(t, filepath.Join(parent, "a"), "second")
}

func TestStageMakesParents(t *testing.T) {
	parent := t.TempDir()
	target := filepath.Join(parent, "a", "b", "out") + string(filepath.Separator)
	d, err := newTree.stage(system, target)
	must(t, err)
	must(t, d.Commit())
	wantTree(t, target, newTree)
	wantOnly(t, filepath.Join(parent, "a", "b"), "out")
}

func TestStageRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("file", nil, 0o666))
	oldTree.put(t, "real")
	if err := os.Symlink("real", "link"); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	must(t, os.Symlink("nowhere", "dangling"))
	for target, reason := range map[string]string{
		"file":          "file is not a folder",
		"link":          "link is a symbolic link to real",
		"link/":         "link is a symbolic link to real",
		"dangling":      "dangling is a symbolic link to nowhere",
		"dangling/out":  "dangling",
		"file/out":      "file",
		".":             "does not end in a folder's name",
		"":              "does not end in a folder's name",
		"..":            "does not end in a folder's name",
		"real/..":       "does not end in a folder's name",
		"/":             "does not end in a folder's name",
		"nul\x00letter": "invalid argument",
	} {
		_, err := Stage(target)
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("Stage(%q) = %v, want an error with %q", target, err, reason)
		}
	}
	wantOnly(t, ".", "file", "real", "link", "dangling")
	wantTree(t, "real", oldTree)
}

func TestCommitDoesNotFollowLinkThatCameLater(t *testing.T) {
	parent := t.TempDir()
	target := filepath.Join(parent, "out")
	oldTree.put(t, filepath.Join(parent, "real"))
	d, err := newTree.stage(system, target)
	must(t, err)
	if err := os.Symlink("real", target); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if err := d.Commit(); err == nil || !strings.Contains(err.Error(), "symbolic link to real") {
		t.Errorf("Commit = %v, want a refusal that names the link's end", err)
	}
	must(t, d.Abort())
	wantTree(t, filepath.Join(parent, "real"), oldTree)
	wantOnly(t, parent, "out", "real")
}

func TestRemovingDoesNotFollowLinks(t *testing.T) {
	parent := t.TempDir()
	target, outside := filepath.Join(parent, "out"), filepath.Join(parent, "outside")
	oldTree.put(t, target)
	oldTree.put(t, outside)
	if err := os.Symlink(outside, filepath.Join(target, "link")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	d, err := newTree.stage(system, target)
	must(t, err)
	must(t, d.Commit())
	wantTree(t, outside, oldTree)
}

func TestMisusePanics(t *testing.T) {
	d, err := Stage(filepath.Join(t.TempDir(), "out"))
	must(t, err)
	for _, name := range []string{"", ".", "..", "a/b", "../a", "/a"} {
		wantPanic(t, name, func() { d.Path(name) })
	}
	must(t, d.Commit())
	wantPanic(t, "second Commit", func() { _ = d.Commit() })
}

func wantPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%q does not panic", what)
		}
	}()
	f()
}
