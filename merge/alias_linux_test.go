package merge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/plan"
)

// TestInputUnderAnotherName: an input is not replaced through a second mount of its
// folder, which no path tells of.
func TestInputUnderAnotherName(t *testing.T) {
	path := work(t, alike(), "m: {average: [a, b]}", "o: {save: m, to: again/a}")
	dir := filepath.Dir(path)
	again := filepath.Join(dir, "again")
	if err := os.Mkdir(again, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(dir, again, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("mounting is not permitted: %v", err)
	}
	defer unix.Unmount(again, 0)
	_, err := plan.Load(path, plan.Options{Force: true})
	all := fault.List(err)
	if len(all) != 1 || !strings.Contains(all[0].Error(), `a, which stage "a" reads`) {
		t.Errorf("%v", err)
	}
}
