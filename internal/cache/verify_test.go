package cache

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
)

func TestVerifyNamesWhatIsBad(t *testing.T) {
	c := open(t)
	for _, description := range []string{"good", "bad", "bad too", "leads to nothing"} {
		must(t, c.Put(named(description), []byte(description[:3])))
	}
	bad1, content := c.files(t, named("bad"))
	bad2, _ := c.files(t, named("bad too"))
	stray, missing := c.files(t, named("leads to nothing"))
	must(t, os.WriteFile(content, []byte("bat"), 0o600))
	must(t, os.Remove(missing))

	bad, err := c.Verify(t.Context())
	must(t, err)
	want := []string{bad1, bad2, content, stray}
	slices.Sort(bad)
	slices.Sort(want)
	if !slices.Equal(bad, want) {
		t.Errorf("Verify = %q, want %q", bad, want)
	}
	if again, err := c.Verify(t.Context()); err != nil || len(again) > 0 {
		t.Errorf("a second Verify = %q, %v", again, err)
	}
	wantHit(t, c, named("good"), "goo")
}

func TestVerifyStops(t *testing.T) {
	c := open(t)
	must(t, c.Put(named("n"), []byte(small)))
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := c.Verify(ctx); !errors.Is(err, enough) {
		t.Errorf("Verify = %v, want the cause", err)
	}
}
