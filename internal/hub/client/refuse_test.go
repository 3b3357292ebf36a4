package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/hub/client"
)

// TestRefusals: the words for each refusal, what to do about it, and that the token is in none.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		reference string
		token     string // that the user has
		needed    string // that the hub wants
		gated     bool
		answer    func(http.ResponseWriter)
		text      string
		remedy    string
	}{
		{reference: "hf://acme/none", text: "acme/none does not exist, or is private: without a token the hub does not say which", remedy: "check the name; for a private one, set HF_TOKEN, or log in with `hf auth login`"},
		{reference: "hf://acme/none", token: "mine", text: "acme/none does not exist, or the token that HF_TOKEN has may not see it", remedy: "check the name, and with `hf auth whoami` whose token it is"},
		{needed: "theirs", text: "acme/lora does not exist, or is private: without a token the hub does not say which", remedy: "check the name; for a private one, set HF_TOKEN, or log in with `hf auth login`"},
		{needed: "theirs", token: "mine", text: "acme/lora does not exist, or the token that HF_TOKEN has may not see it", remedy: "check the name, and with `hf auth whoami` whose token it is"},
		{needed: "theirs", gated: true, text: "acme/lora is gated: its owner asks who downloads it", remedy: "accept its conditions at HUB/acme/lora, and set HF_TOKEN, or log in with `hf auth login`"},
		{needed: "theirs", gated: true, token: "mine", text: "acme/lora is gated, and the token that HF_TOKEN has gives no access", remedy: "ask for access at HUB/acme/lora; a fine-grained token must also be allowed to read gated repositories"},
		{token: "bad", text: "the hub does not know the token that HF_TOKEN has", remedy: "set HF_TOKEN to a token that is valid, or log in again with `hf auth login`"},
		{reference: "hf://acme/lora@v9", text: `acme/lora has no revision "v9"`, remedy: "name a branch, a tag or a commit that it has: see HUB/acme/lora/tree/main"},
		{reference: "hf://acme/lora@feature%2Fbar", text: `acme/lora has no revision "feature/bar"`, remedy: "name a branch, a tag or a commit that it has: see HUB/acme/lora/tree/main"},
		{answer: func(w http.ResponseWriter) {
			refuse(w, http.StatusForbidden, "", "Access to this resource is disabled.")
		}, text: "the hub has disabled acme/lora", remedy: "use another adapter: HUB/acme/lora may say why"},
		{token: "mine", answer: func(w http.ResponseWriter) { refuse(w, http.StatusForbidden, "", "no") }, text: "the token that HF_TOKEN has may not read acme/lora", remedy: "use a token that may, or ask its owner for access"},
		{answer: func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }, text: "acme/lora does not exist at HUB", remedy: "check the name"},
		{answer: func(w http.ResponseWriter) { refuse(w, http.StatusNotFound, "EntryNotFound", "") }, text: "hf://acme/lora has no file ", remedy: "see which files it has: HUB/acme/lora/tree/main"},
		{answer: func(w http.ResponseWriter) { refuse(w, http.StatusTeapot, "", "short \u202eand stout") }, text: `answers 418 I'm a teapot for hf://acme/lora: "short \u202eand stout"`},
	} {
		s := newServer(t)
		s.token, s.gated = c.needed, c.gated
		if c.answer != nil {
			s.onAPI = func(w http.ResponseWriter, _ *http.Request) bool { c.answer(w); return true }
		}
		if c.reference == "" {
			c.reference = "hf://acme/lora"
		}
		_, err := s.client(t.TempDir(), "HF_TOKEN="+c.token).Look(t.Context(), parse(t, c.reference))
		if err == nil {
			t.Errorf("%s with %q: no error", c.reference, c.token)
			continue
		}
		f, mendable := errors.AsType[*fault.Fault](err)
		if mendable != (c.remedy != "") || !strings.Contains(err.Error(), strings.ReplaceAll(c.text, "HUB", s.api.URL)) || mendable && f.Remedy != strings.ReplaceAll(c.remedy, "HUB", s.api.URL) {
			t.Errorf("%s with %q: %v\nwant %s; %s", c.reference, c.token, err, c.text, c.remedy)
		}
		if strings.Contains(err.Error(), "mine") || len(s.waits) > 0 {
			t.Errorf("%v, after waiting %v", err, s.waits)
		}
	}
}

// TestContentRefused: a file that the list has and that is refused.
func TestContentRefused(t *testing.T) {
	s := newServer(t)
	s.onAPI = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/resolve/") {
			refuse(w, http.StatusNotFound, "EntryNotFound", "Entry not found")
		}
		return strings.Contains(r.URL.Path, "/resolve/")
	}
	_, err := fetch(t.Context(), s.client(t.TempDir()), parse(t, "hf://acme/lora"))
	if f, ok := errors.AsType[*fault.Fault](err); !ok || !strings.Contains(f.Error(), "hf://acme/lora@"+first+" has no file adapter_") {
		t.Errorf("%v", err)
	}
}

func TestWaits(t *testing.T) {
	limit := func(name, value string, code int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			if name != "" {
				w.Header().Set(name, value)
			}
			w.WriteHeader(code)
		}
	}
	second := func(all ...int) (out []time.Duration) {
		for _, n := range all {
			out = append(out, time.Duration(n)*time.Second)
		}
		return out
	}
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter)
		times  int
		waits  []time.Duration
		err    string
	}{
		{"rate limit", limit("RateLimit", `"api";r=0;t=55`, 429), 2, second(55, 55), ""},
		{"rate limit over", limit("RateLimit", `"api";r=0;t=0`, 429), 1, second(1), ""},
		{"rate limit, garbage", limit("RateLimit", `"t=9`, 429), 2, second(1, 2), ""},
		{"retry after", limit("Retry-After", "7", 429), 1, second(7), ""},
		{"retry after a date", limit("Retry-After", "Fri, 27 Nov 2026 06:01:30 GMT", 503), 1, second(90), ""},
		{"retry after a date that is over", limit("Retry-After", "Fri, 27 Nov 2020 06:01:30 GMT", 503), 1, second(1), ""},
		{"retry after nonsense", limit("Retry-After", "-3", 429), 1, second(1), ""},
		{"ill", limit("", "", 503), 4, second(1, 2, 4, 8), ""},
		{"timeout", limit("", "", 408), 1, second(1), ""},
		{"ill for good", limit("", "", 500), 9, second(1, 2, 4, 8), "answers 500 Internal Server Error, 5 times in a row: fetch again later"},
		{"rate limit for a day", limit("Retry-After", "86400", 429), 9, nil, "answers 429 Too Many Requests, and asks to wait 24h0m0s: fetch again later"},
	} {
		s, left := newServer(t), c.times
		s.onAPI = func(w http.ResponseWriter, _ *http.Request) bool {
			if left--; left >= 0 {
				c.answer(w)
			}
			return left >= 0
		}
		_, err := s.client(t.TempDir()).Look(t.Context(), parse(t, "hf://acme/lora"))
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.HasSuffix(err.Error(), c.err)) || !slices.Equal(s.waits, c.waits) {
			t.Errorf("%s: waits %v, %v; want %v, %q", c.name, s.waits, err, c.waits, c.err)
		}
		if _, mendable := errors.AsType[*fault.Fault](err); mendable {
			t.Errorf("%s: nothing is wrong with the recipe: %v", c.name, err)
		}
	}
}

// TestWaitEnds: an interrupt ends a wait.
func TestWaitEnds(t *testing.T) {
	s := newServer(t)
	s.onAPI = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadGateway); return true }
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stopped")
	s.sleep = func(ctx context.Context, _ time.Duration) error { cancel(stop); return context.Cause(ctx) }
	if _, err := s.client(t.TempDir()).Look(ctx, parse(t, "hf://acme/lora")); !errors.Is(err, stop) || len(s.waits) != 1 {
		t.Errorf("%v after %v", err, s.waits)
	}
}

// TestUnreachable: connections that are refused are tried again, and names that do not exist are not.
func TestUnreachable(t *testing.T) {
	s := newServer(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	_, err := s.client(t.TempDir(), "HF_ENDPOINT="+gone.URL).Look(t.Context(), parse(t, "hf://acme/lora"))
	if !errors.Is(err, client.ErrUnreachable) || len(s.waits) != 4 || !strings.HasSuffix(err.Error(), "; HTTPS_PROXY can name a proxy, and HF_ENDPOINT another hub") {
		t.Errorf("%v, waits %v", err, s.waits)
	}
	untrusted := httptest.NewTLSServer(nil)
	defer untrusted.Close()
	s.waits = nil
	if _, err := s.client(t.TempDir(), "HF_ENDPOINT="+untrusted.URL).Look(t.Context(), parse(t, "hf://acme/lora")); !errors.Is(err, client.ErrUnreachable) || len(s.waits) != 0 {
		t.Errorf("%v, waits %v", err, s.waits)
	}
}

// TestLists: what the hub may not answer.
func TestLists(t *testing.T) {
	named := func(name string) string {
		return fmt.Sprintf(`{"sha": %q, "siblings": [{"rfilename": %q}]}`, first, name)
	}
	for text, want := range map[string]string{
		" ":                       "it is not the JSON of a repository",
		"<html>":                  "it is not the JSON of a repository",
		"[]":                      "it is not the JSON of a repository",
		`{"sha": 5}`:              "it is not the JSON of a repository",
		"{}":                      "it names no commit",
		`{"sha": "main"}`:         "it names no commit",
		`{"sha": "../../x"}`:      "it names no commit",
		named("../x.safetensors"): `it has a file "../x.safetensors", which leads out of the repository`,
		named("/etc/passwd"):      `it has a file "/etc/passwd", which leads out of the repository`,
		named("a/../../x"):        `it has a file "a/../../x", which leads out of the repository`,
		named("a//b"):             `it has a file "a//b", which leads out of the repository`,
		named(""):                 `it has a file "", which leads out of the repository`,
		fmt.Sprintf(`{"sha": %q, "siblings": [{"rfilename": "a"}, {"rfilename": "a"}]}`, first):                                                 `it has two files "a"`,
		fmt.Sprintf(`{"sha": %q, "siblings": [{"rfilename": "adapter_config.json", "size": 16777217}, {"rfilename": "a.safetensors"}]}`, first): "adapter_config.json has 16777217 bytes, more than a configuration may have; load an adapter that was saved with PEFT",
		strings.Repeat(" ", 64<<20+1): "the hub's answer is too long",
	} {
		s := newServer(t)
		s.listed = text
		if _, err := s.client(t.TempDir()).Look(t.Context(), parse(t, "hf://acme/lora")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", text, err, want)
		}
	}
	s := newServer(t)
	s.listed = fmt.Sprintf(`{"sha": %q}`, second)
	if _, err := s.client(t.TempDir()).Look(t.Context(), parse(t, "hf://acme/lora@"+first)); err == nil || !strings.Contains(err.Error(), "it is of another commit") {
		t.Errorf("another commit: %v", err)
	}
}

// TestTokens: where a token is found. The server wants it.
func TestTokens(t *testing.T) {
	for _, c := range []struct {
		set  []string
		file string
		err  string
	}{
		{set: []string{"HF_TOKEN=secret"}},
		{set: []string{"HF_TOKEN= secret\n"}},
		{set: []string{"HUGGING_FACE_HUB_TOKEN=secret"}},
		{set: []string{"HF_TOKEN=secret", "HUGGING_FACE_HUB_TOKEN=other"}, file: "third"},
		{file: "secret\n"},
		{err: "without a token"},
		{file: " \n", err: "without a token"},
		{set: []string{"HF_TOKEN=secret", "HF_HUB_DISABLE_IMPLICIT_TOKEN=1"}, file: "secret", err: "without a token"},
		{set: []string{"HF_TOKEN=two words"}, err: "HF_TOKEN holds no token of the Hub: a token is one word; set HF_TOKEN to your token, or log in with `hf auth login`"},
		{file: "sec\x00ret", err: "token holds no token of the Hub"},
		{file: "folder", err: "token: the token of the Hub can't be read: open "},
		{file: "folder", err: "not a regular file; copy what it yields to one; check its permissions, or set HF_TOKEN"},
	} {
		s, home := newServer(t), t.TempDir()
		s.token = "secret"
		path := filepath.Join(home, "token")
		if c.file == "folder" {
			must(t, os.Mkdir(path, 0o777))
		} else if c.file != "" {
			must(t, os.WriteFile(path, []byte(c.file), 0o600))
		}
		hub, err := client.New(s.options(home, c.set...))
		if err == nil {
			_, err = hub.Look(t.Context(), parse(t, "hf://acme/lora"))
		}
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%q, %q: %v, want %q", c.set, c.file, err, c.err)
		}
	}
}

func TestSettings(t *testing.T) {
	for set, want := range map[string]string{
		"HF_HUB_OFFLINE=1":                 "HF_HUB_OFFLINE is set, so nothing is downloaded; unset it for this command, or fetch on another machine and copy the cache, with its links",
		"TRANSFORMERS_OFFLINE=yes":         "TRANSFORMERS_OFFLINE is set, so nothing is downloaded",
		"HF_ENDPOINT=huggingface.co":       "HF_ENDPOINT is no address of a hub; set it to one such as https://huggingface.co, or unset it",
		"HF_ENDPOINT=ftp://huggingface.co": "HF_ENDPOINT is no address of a hub",
		"HF_ENDPOINT=https://a/?b":         "HF_ENDPOINT is no address of a hub",
		"HF_ENDPOINT=https://%zz":          "HF_ENDPOINT is no address of a hub",
	} {
		if _, err := client.New(newServer(t).options(t.TempDir(), set)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", set, err, want)
		}
	}
	c := newServer(t).client(t.TempDir(), "HF_ENDPOINT=")
	if got := c.Endpoint(); got != "https://huggingface.co" {
		t.Errorf("the endpoint is %s", got)
	}
}
