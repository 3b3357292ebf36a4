package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/evaluate/command"
)

func TestLeave(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, dir, map[string]string{"merge.yaml": "", "copy.yaml": ""})
	leave := command.LeaveIn(filepath.Join(dir, "config", "allowed"))
	one, other := digest.Digest{1}, digest.Digest{2}
	has := func(recipe string, what digest.Digest, given, changed bool) {
		t.Helper()
		if g, c, err := leave.Has(recipe, what); g != given || c != changed || err != nil {
			t.Errorf("%s: given %v, changed %v, %v", recipe, g, c, err)
		}
	}
	has("merge.yaml", one, false, false)
	if err := leave.Give("merge.yaml", one); err != nil {
		t.Fatal(err)
	}
	has("merge.yaml", one, true, false)
	has("./merge.yaml", one, true, false)
	has(filepath.Join(dir, "merge.yaml"), one, true, false)
	has("merge.yaml", other, false, true)
	has("copy.yaml", one, false, false)
	if err := leave.Give("merge.yaml", other); err != nil {
		t.Fatal(err)
	}
	has("merge.yaml", one, false, true)
	all, err := leave.List()
	if err != nil || len(all) != 1 || filepath.Base(all[0].Recipe) != "merge.yaml" || all[0].Execution != other {
		t.Errorf("%v, %v", all, err)
	}
	entries, err := filepath.Glob(filepath.Join(dir, "config", "allowed", "*"))
	if err != nil || len(entries) != 1 {
		t.Fatalf("%q, %v", entries, err)
	}
	if info, err := os.Stat(entries[0]); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read or write it: %v, %v", info.Mode(), err)
	}
	for _, want := range []bool{true, false} {
		if had, err := leave.Revoke("merge.yaml"); had != want || err != nil {
			t.Errorf("%v, %v", had, err)
		}
	}
	has("merge.yaml", other, false, false)
}

// TestLeaveDamaged: what can't be read is no leave.
func TestLeaveDamaged(t *testing.T) {
	dir := t.TempDir()
	leave := command.LeaveIn(dir)
	if err := leave.Give("merge.yaml", digest.Digest{1}); err != nil {
		t.Fatal(err)
	}
	entries, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(entries[0], []byte(`{"recipe":`), 0o600); err != nil {
		t.Fatal(err)
	}
	given, _, err := leave.Has("merge.yaml", digest.Digest{1})
	want := "the leave to run a recipe's commands can't be read: unexpected end of JSON input; remove the file, and give leave again with `loramerge allow RECIPE`"
	if given || err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, %v, want %s", given, err, want)
	}
}

// TestLeaveThroughLinks: a command's words mean files of the folder in which it runs, which is that of the link
// by which a recipe was named.
func TestLeaveThroughLinks(t *testing.T) {
	mine, strange := t.TempDir(), t.TempDir()
	write(t, mine, map[string]string{"merge.yaml": ""})
	leave, allowed := command.LeaveIn(filepath.Join(mine, "allowed")), digest.Digest{1}
	if err := leave.Give(filepath.Join(mine, "merge.yaml"), allowed); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"merge.yaml": filepath.Join(mine, "merge.yaml"), "folder": mine} {
		if err := os.Symlink(to, filepath.Join(strange, link)); err != nil {
			t.Skip(err)
		}
	}
	for recipe, want := range map[string]bool{"merge.yaml": false, "folder/merge.yaml": true} {
		if given, _, err := leave.Has(filepath.Join(strange, recipe), allowed); given != want || err != nil {
			t.Errorf("%s: given %v, %v", recipe, given, err)
		}
	}
}
