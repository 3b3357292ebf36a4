package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loramerge/loramerge/internal/hub/client"
)

// breaking answers with a part of the weights and breaks the connection, so many times.
func breaking(times, length int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if times == 0 {
			return false
		}
		times--
		from := 0
		if text, ranged := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ranged {
			from, _ = strconv.Atoi(strings.TrimSuffix(text, "-"))
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(weights)-1, len(weights)))
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(weights)-from))
		if from > 0 {
			w.WriteHeader(http.StatusPartialContent)
		}
		fmt.Fprint(w, weights[from:min(from+length, len(weights))])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

const weightsFile = "adapter_model.safetensors"

// ranges are the ranges that the other host was asked for.
func ranges(asked []string) (out []string) {
	for _, text := range asked {
		if rest, ours := strings.CutPrefix(text, "GET /"+first+"/"+weightsFile); ours {
			out = append(out, strings.TrimSpace(rest))
		}
	}
	return out
}

func TestTransfers(t *testing.T) {
	const part = 100000
	whole := func(w http.ResponseWriter, text string) bool {
		fmt.Fprint(w, text)
		return true
	}
	always := func(do func(http.ResponseWriter, *http.Request) bool) func() func(http.ResponseWriter, *http.Request) bool {
		return func() func(http.ResponseWriter, *http.Request) bool { return do }
	}
	for _, c := range []struct {
		name   string
		part   string // that an earlier fetch has left
		cdn    func() func(http.ResponseWriter, *http.Request) bool
		ranges []string
		err    string
		kept   int // bytes for the next fetch, after an error; -1 for no file
	}{
		{name: "broken off twice", cdn: func() func(http.ResponseWriter, *http.Request) bool { return breaking(2, part) }, ranges: []string{"", "bytes=100000-", "bytes=200000-"}},
		{name: "broken off at once, again and again", cdn: func() func(http.ResponseWriter, *http.Request) bool { return breaking(9, 0) },
			ranges: []string{"", "", "", "", ""}, err: "the transfer broke off at byte 0 of 655360", kept: 0},
		{name: "broken off later, for good", cdn: func() func(http.ResponseWriter, *http.Request) bool {
			brief, nothing := breaking(1, part), breaking(9, 0)
			return func(w http.ResponseWriter, r *http.Request) bool { return brief(w, r) || nothing(w, r) }
		}, ranges: []string{"", "bytes=100000-", "bytes=100000-", "bytes=100000-", "bytes=100000-"}, err: "the transfer broke off at byte 100000 of 655360", kept: part},
		{name: "goes on", part: weights[:part], ranges: []string{"bytes=100000-"}},
		{name: "whole already", part: weights, ranges: nil},
		{name: "longer already", part: weights + "x", ranges: []string{""}},
		{name: "another's beginning", part: strings.Repeat("y", part), ranges: []string{"bytes=100000-", ""}},
		{name: "another's, whole", part: strings.Repeat("y", len(weights)), ranges: []string{""}},
		{name: "200 to a range", part: weights[:part], cdn: always(func(w http.ResponseWriter, r *http.Request) bool { return whole(w, weights) }), ranges: []string{"bytes=100000-"}},
		{name: "another range", part: weights[:part], cdn: func() func(http.ResponseWriter, *http.Request) bool {
			return func(w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("Range") == "" {
					return false
				}
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 50000-%d/%d", len(weights)-1, len(weights)))
				w.WriteHeader(http.StatusPartialContent)
				return whole(w, weights[50000:])
			}
		}, ranges: []string{"bytes=100000-", ""}},
		{name: "416", part: weights[:part], cdn: func() func(http.ResponseWriter, *http.Request) bool {
			return func(w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("Range") == "" {
					return false
				}
				w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", len(weights)))
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return true
			}
		}, ranges: []string{"bytes=100000-", ""}},
		{name: "damaged once", cdn: func() func(http.ResponseWriter, *http.Request) bool {
			damaged := false
			return func(w http.ResponseWriter, r *http.Request) bool {
				if damaged {
					return false
				}
				damaged = true
				return whole(w, "X"+weights[1:])
			}
		}, ranges: []string{"", ""}},
		{name: "damaged", cdn: always(func(w http.ResponseWriter, r *http.Request) bool { return whole(w, "X"+weights[1:]) }),
			ranges: []string{"", ""}, err: "what comes does not have the hash that the hub says", kept: -1},
		{name: "too long", cdn: always(func(w http.ResponseWriter, r *http.Request) bool { return whole(w, weights+"more") }),
			ranges: []string{"", ""}, err: "what comes does not have the hash that the hub says", kept: -1},
		{name: "too short", cdn: always(func(w http.ResponseWriter, r *http.Request) bool { return whole(w, weights[:5]) }),
			ranges: []string{"", "bytes=5-", "bytes=5-", "bytes=5-", "bytes=5-"}, err: "the transfer broke off at byte 5 of 655360", kept: -1},
		{name: "the signature has run out", cdn: func() func(http.ResponseWriter, *http.Request) bool {
			times := 0
			return func(w http.ResponseWriter, r *http.Request) bool {
				if times++; times < 3 {
					w.WriteHeader(http.StatusForbidden)
				}
				return times < 3
			}
		}, ranges: []string{"", "", ""}},
		{name: "refused for good", cdn: always(func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(http.StatusForbidden); return true }),
			ranges: []string{"", "", "", "", ""}, err: "answers 403 Forbidden", kept: 0},
		{name: "the other host is ill", cdn: func() func(http.ResponseWriter, *http.Request) bool {
			times := 0
			return func(w http.ResponseWriter, r *http.Request) bool {
				if times++; times < 4 {
					w.WriteHeader(http.StatusBadGateway)
				}
				return times < 4
			}
		}, ranges: []string{"", "", "", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, home := newServer(t), t.TempDir()
			if c.cdn != nil {
				s.onCDN = c.cdn()
			}
			blobs := filepath.Join(home, "hub", "models--acme--lora", "blobs")
			left := filepath.Join(blobs, hash(weights)+".0a1b2c3d.incomplete")
			if c.part != "" {
				must(t, os.MkdirAll(blobs, 0o777))
				must(t, os.WriteFile(left, []byte(c.part), 0o666))
			}
			_, err := fetch(t.Context(), s.client(home), parse(t, "hf://acme/lora"))
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("%v, want %q", err, c.err)
			}
			if err != nil && (strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "hf://acme/lora@"+first+": "+weightsFile)) {
				t.Errorf("the error is %v", err)
			}
			if got := ranges(s.requests()); !slices.Equal(got, c.ranges) && !(c.kept == -1 && c.err != "" && c.ranges == nil) {
				t.Errorf("asked for %q, want %q", got, c.ranges)
			}
			s.check(home, c.err == "", c.kept)
		})
	}
}

// check looks for the weights, or for what is kept of them.
func (s *server) check(home string, whole bool, kept int) {
	s.t.Helper()
	repository := filepath.Join(home, "hub", "models--acme--lora")
	parts, err := filepath.Glob(filepath.Join(repository, "blobs", "*.incomplete"))
	must(s.t, err)
	data, err := os.ReadFile(filepath.Join(repository, "snapshots", first, weightsFile))
	ref, refErr := os.ReadFile(filepath.Join(repository, "refs", "main"))
	switch {
	case whole && (err != nil || string(data) != weights || len(parts) > 0 || refErr != nil || string(ref) != first):
		s.t.Errorf("the weights are not there whole, or a part is: %v, %v, %v", err, parts, refErr)
	case !whole && (err == nil || refErr == nil):
		s.t.Error("the weights are there, or their commit is named")
	case !whole && kept >= 0:
		if info, err := os.Stat(filepath.Join(repository, "blobs", filepath.Base(parts[0]))); err != nil || info.Size() != int64(kept) {
			s.t.Errorf("%v, %v; want %d bytes kept", info, err, kept)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestInterrupted: what came before an interrupt is not asked for again.
func TestInterrupted(t *testing.T) {
	s, home := newServer(t), t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stopped by the user")
	const part = 256 << 10
	s.onCDN = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Length", fmt.Sprint(len(weights)))
		fmt.Fprint(w, weights[:part])
		w.(http.Flusher).Flush()
		<-r.Context().Done() // until the client has gone
		return true
	}
	o := s.options(home)
	o.Progress = func(file string, done, size int64) {
		if file == weightsFile && done == part {
			cancel(stop)
		}
	}
	c, err := client.New(o)
	must(t, err)
	if _, err := fetch(ctx, c, parse(t, "hf://acme/lora")); !errors.Is(err, stop) {
		t.Errorf("%v, want %v", err, stop)
	}
	s.check(home, false, part)
	s.requests()
	s.onCDN = nil
	mustFetch(t, s.client(home), "hf://acme/lora")
	if got := ranges(s.requests()); !slices.Equal(got, []string{fmt.Sprintf("bytes=%d-", part)}) {
		t.Errorf("asked for %q", got)
	}
	s.check(home, true, 0)
}

// TestTwoAtOnce: of two fetches one downloads, and the other waits for it.
func TestTwoAtOnce(t *testing.T) {
	s, home := newServer(t), t.TempDir()
	waits := make(chan struct{}, 2)
	var once sync.Once
	s.onCDN = func(http.ResponseWriter, *http.Request) bool {
		once.Do(func() { <-waits }) // until the other fetch has found that it must wait
		return false
	}
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			o := s.options(home)
			o.Waiting = func(why string, _ time.Duration) {
				if strings.Contains(why, "another download of "+weightsFile) {
					waits <- struct{}{}
				}
			}
			c, err := client.New(o)
			if err == nil {
				_, err = fetch(t.Context(), c, parse(t, "hf://acme/lora"))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := ranges(s.requests()); len(got) != 1 {
		t.Errorf("asked for %q", got)
	}
	s.check(home, true, 0)
}
