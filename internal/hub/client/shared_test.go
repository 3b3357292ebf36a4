package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loramerge/loramerge/internal/hub"
)

// exchange is a request to the hub, and its answer.
type exchange struct {
	Title   string
	Request struct {
		Method, Path string
		Headers      map[string]string
	}
	Response struct {
		Body    *string // a file
		Headers map[string]string
		Status  int
	}
}

// replay answers as the exchanges say, with changes to some of them.
type replay struct {
	*server
	dir       string
	exchanges []exchange
	mu        sync.Mutex
	instead   map[string]string // the query of a path of the other host, instead of the one that was asked for
}

func newReplay(t *testing.T) *replay {
	dir := filepath.Join("..", "..", "..", "..", "shared", "formats", "vectors", "hub")
	text, err := os.ReadFile(filepath.Join(dir, "http", "exchanges.json"))
	if err != nil {
		t.Skip("../shared/formats/vectors/hub/http is not there")
	}
	r := &replay{server: &server{t: t}, dir: dir, instead: make(map[string]string)}
	r.api = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { r.answer(w, q, "") }))
	r.cdn = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { r.answer(w, q, "{cdn}") }))
	t.Cleanup(r.api.Close)
	t.Cleanup(r.cdn.Close)
	var all struct{ Exchanges []exchange }
	must(t, json.Unmarshal(text, &all))
	r.exchanges = all.Exchanges
	if len(r.exchanges) == 0 {
		t.Fatal("no exchanges")
	}
	return r
}

// answer is that of the exchange that fits best.
func (r *replay) answer(w http.ResponseWriter, q *http.Request, host string) {
	if host != "" && q.Header.Get("Authorization") != "" {
		r.t.Errorf("%s is sent the token", q.URL)
	}
	path := host + q.URL.RequestURI()
	r.mu.Lock()
	if other, ok := r.instead[q.URL.Path]; ok && host != "" {
		path = host + q.URL.Path + "?" + other
	}
	r.mu.Unlock()
	var best *exchange
	for i, e := range r.exchanges {
		fits := e.Request.Method == q.Method && e.Request.Path == path
		for name, value := range e.Request.Headers {
			fits = fits && q.Header.Get(name) == value
		}
		if fits && (best == nil || len(e.Request.Headers) > len(best.Request.Headers)) {
			best = &r.exchanges[i]
		}
	}
	if best == nil {
		r.t.Errorf("there is no exchange for %s %s", q.Method, path)
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	for name, value := range best.Response.Headers {
		w.Header().Set(name, strings.NewReplacer("{api}", r.api.URL, "{cdn}", r.cdn.URL).Replace(value))
	}
	w.WriteHeader(best.Response.Status)
	if best.Response.Body != nil {
		body, err := os.ReadFile(filepath.Join(r.dir, "http", *best.Response.Body))
		if err != nil {
			r.t.Error(err)
		}
		_, _ = w.Write(body)
	}
}

const tiny = "models--example-org--tiny-lora"

// TestShared: the cache after fetches is that of the hub's libraries, as far as it is of these files.
func TestShared(t *testing.T) {
	r, home := newReplay(t), t.TempDir()
	c := r.client(home)
	for _, reference := range []string{"hf://example-org/tiny-lora", "hf://example-org/tiny-lora/checkpoint-10", "hf://example-org/tiny-lora@v1.0", "hf://example-org/tiny-lora@refs/pr/1"} {
		mustFetch(t, c, reference)
	}
	theirs, ours := layout(t, filepath.Join(r.dir, "cache", tiny)), layout(t, filepath.Join(home, "hub", tiny))
	for name, text := range ours {
		if strings.HasPrefix(theirs[name], "../") { // of a link that has come along as its text
			theirs[name] = "-> " + theirs[name]
		}
		if text != theirs[name] {
			t.Errorf("%s is %q, want %q", name, text, theirs[name])
		}
	}
	for name := range theirs {
		taken := !strings.HasPrefix(name, ".no_exist/") && !strings.HasPrefix(name, "trees/") && !slices.ContainsFunc([]string{"README.md", ".gitattributes", "580d310c2d211aca166288a207e972ced9bb0100", "a88892ff8938fc4677b8f3742621549c27d2362a"},
			func(other string) bool { return strings.HasSuffix(name, other) })
		if _, there := ours[name]; taken && !there {
			t.Errorf("there is no %s", name)
		}
	}
	for _, reference := range []string{"hf://example-org/tiny-lora", "hf://example-org/tiny-lora@refs/pr/1"} {
		if _, err := hub.Cache(filepath.Join(home, "hub")).Find(parse(t, reference)); err != nil {
			t.Error(err)
		}
	}
}

const tinyHash = "8cd9559f7419e7e49bd497205e8b2d6004ab105d7a01a5c40298647833e7dfee"

// TestSharedTransfers: what is resumed, ignored, damaged and cut short.
func TestSharedTransfers(t *testing.T) {
	whole := "bodies/" + tinyHash[:16]
	for _, c := range []struct {
		part    int
		instead string
		want    string
	}{
		{1000, "", ""},
		{1000, "Signature=test&Expires=1&ignore-range", ""},
		{16352, "", ""},
		{0, "damaged", "what comes does not have the hash that the hub says"},
		{0, "short", "the transfer broke off at byte "},
	} {
		r, home := newReplay(t), t.TempDir()
		blobs := filepath.Join(home, "hub", tiny, "blobs")
		if c.part > 0 {
			body, err := os.ReadFile(filepath.Join(r.dir, "http", whole))
			must(t, err)
			must(t, os.MkdirAll(blobs, 0o777))
			must(t, os.WriteFile(filepath.Join(blobs, tinyHash+".01234567.incomplete"), body[:c.part], 0o666))
		}
		if c.instead != "" {
			r.instead["/repos/ab/cd/"+tinyHash] = c.instead
		}
		_, err := fetch(t.Context(), r.client(home), parse(t, "hf://example-org/tiny-lora"))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%d, %q: %v, want %q", c.part, c.instead, err, c.want)
		}
		if _, err := os.Stat(filepath.Join(blobs, tinyHash)); (err == nil) != (c.want == "") {
			t.Errorf("%d, %q: the blob: %v", c.part, c.instead, err)
		}
	}
}

// TestSharedRefusals: each refusal has its words.
func TestSharedRefusals(t *testing.T) {
	for _, c := range []struct{ reference, token, want string }{
		{"hf://example-org/tiny-lora@v9", "", "has no revision"},
		{"hf://example-org/nothing", "", "does not exist, or is private"},
		{"hf://example-org/nothing", "hf_test", "does not exist, or the token"},
		{"hf://example-org/tiny-lora", "hf_bad", "does not know the token"},
		{"hf://example-org/busy", "", "answers 429 Too Many Requests, 5 times in a row"},
		{"hf://example-org/ill", "", "answers 503 Service Unavailable, 5 times in a row"},
		{"hf://example-org/gated-lora", "", "is gated: its owner asks who downloads it"},
		{"hf://example-org/gated-lora", "hf_test", "is gated, and the token that HF_TOKEN has gives no access"},
	} {
		r := newReplay(t)
		for i, e := range r.exchanges { // some are of another call than this client makes
			if strings.HasPrefix(e.Request.Path, "/example-org/gated-lora/") {
				e.Request.Method, e.Request.Path = http.MethodGet, "/api/models/example-org/gated-lora/revision/main?blobs=true"
			} else if strings.HasPrefix(e.Request.Path, "/api/models/") && !strings.Contains(e.Request.Path, "?") && e.Response.Status >= 400 {
				e.Request.Path += "?blobs=true"
			}
			r.exchanges[i] = e
		}
		_, err := r.client(t.TempDir(), "HF_TOKEN="+c.token).Look(t.Context(), parse(t, c.reference))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %q: %v, want %q", c.reference, c.token, err, c.want)
		}
		if c.reference == "hf://example-org/busy" && fmt.Sprint(r.waits) != "[2s 2s 2s 2s]" {
			t.Errorf("waits %v, want 2s as the hub says", r.waits)
		}
	}
}
