package cache

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// roles are what another process does to a cache that this one uses too.
var roles = map[string]func(c *Cache) error{
	"use": func(c *Cache) error {
		return repeat(300, func(random *rand.Rand) error { return c.useOne(random.IntN(results)) })
	},
	"remove": func(c *Cache) error {
		return repeat(100, func(random *rand.Rand) error { return c.removeSome(random.IntN(3)) })
	},
	"use until killed": func(c *Cache) error {
		for n := 0; ; n++ {
			fmt.Println("use", n)
			if err := c.useOne(n); err != nil {
				return err
			}
		}
	},
}

// results is how many there are, so few that the processes meet.
const results = 20

// result is what the n-th is: it differs in length and in every byte.
func result(n int) []byte { return bytes.Repeat([]byte{byte(n)}, 100_000+n) }

func repeat(times int, do func(*rand.Rand) error) error {
	random := rand.New(rand.NewPCG(uint64(os.Getpid()), 0))
	for range times {
		if err := do(random); err != nil {
			return err
		}
	}
	return nil
}

// useOne does what a run does: what it doesn't get, it puts.
func (c *Cache) useOne(n int) error {
	name := named(fmt.Sprint(n))
	got, ok := c.Get(name, allocate)
	if !ok {
		return c.Put(name, result(n))
	}
	if !bytes.Equal(got, result(n)) {
		return fmt.Errorf("wrong bytes for %d", n)
	}
	return nil
}

func (c *Cache) removeSome(how int) (err error) {
	switch how {
	case 0:
		_, _, err = c.Trim(500_000)
	case 1:
		_, err = c.Info()
	case 2:
		err = c.Clear()
	}
	return err
}

const roleVariable, dirVariable = "LORAMERGE_TEST_ROLE", "LORAMERGE_TEST_DIR"

// TestMain lets the test's program be the other process.
func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv(roleVariable)]
	if !ok {
		os.Exit(m.Run())
	}
	c, err := Open(os.Getenv(dirVariable))
	if err == nil {
		err = role(c)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func process(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, dirVariable+"="+dir)
	return cmd
}

func TestProcessesShareACache(t *testing.T) {
	dir := t.TempDir()
	var running []*exec.Cmd
	for _, role := range []string{"use", "use", "remove"} {
		cmd := process(t, role, dir)
		cmd.Stderr = new(strings.Builder)
		must(t, cmd.Start())
		running = append(running, cmd)
	}
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s", err, cmd.Stderr)
		}
	}
}

// A process that is killed leaves whole entries, and none that are bad.
func TestKilledProcessLeavesWholeEntries(t *testing.T) {
	dir := t.TempDir()
	for _, uses := range []int{1, 2, 5, 10, 30} {
		cmd := process(t, "use until killed", dir)
		output, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		_, err = io.ReadFull(output, make([]byte, uses*len("use 0\n")))
		must(t, err)
		must(t, cmd.Process.Kill())
		if err := cmd.Wait(); err == nil {
			t.Fatal("it ended before it was killed")
		}
	}
	c, err := Open(dir)
	must(t, err)
	if bad, err := c.Verify(t.Context()); err != nil || len(bad) > 0 {
		t.Errorf("Verify = %q, %v", bad, err)
	}
	if info, err := c.Info(); err != nil || info.Entries == 0 {
		t.Errorf("Info = %+v, %v, want entries", info, err)
	}
}
