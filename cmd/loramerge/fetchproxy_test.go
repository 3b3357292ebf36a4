package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
)

// viaProxy is a proxy to hub.example, which sends all who want content on to cdn.example.
type viaProxy struct {
	hub    servedHub
	mu     sync.Mutex
	tokens map[string][]string // by host
}

func (p *viaProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.tokens[r.Host] = append(p.tokens[r.Host], r.Header.Get("Authorization"))
	p.mu.Unlock()
	if r.Host == "hub.example" && strings.Contains(r.URL.Path, "/resolve/") {
		http.Redirect(w, r, "http://cdn.example"+r.URL.EscapedPath(), http.StatusFound)
		return
	}
	p.hub.ServeHTTP(w, r)
}

// sent are the tokens of all requests to a host.
func (p *viaProxy) sent(host string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.tokens[host])
}

// TestFetchThroughProxy: HTTP_PROXY and NO_PROXY count, and the token is for the hub's own host there too.
func TestFetchThroughProxy(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	dir := t.TempDir()
	spec := gen.Spec{Name: "a", Base: "tiny", Modules: []gen.Module{{Name: "l.0.q", Out: 5, In: 6}}, Rank: 2, Alpha: 4, DType: safetensors.F32}
	if err := gen.Write(filepath.Join(dir, "served", "acme", "a", commit), spec); err != nil {
		t.Fatal(err)
	}
	putText(t, filepath.Join(dir, "served", "acme", "a", "refs", "main"), commit)
	proxy := &viaProxy{hub: servedHub(filepath.Join(dir, "served")), tokens: make(map[string][]string)}
	server := httptest.NewServer(proxy)
	defer server.Close()
	fetch := func(more ...string) (string, error) {
		c := exec.Command("loramerge", "fetch", "hf://acme/a")
		c.Env = append(os.Environ(), "HF_HOME="+filepath.Join(dir, "home"), "HF_ENDPOINT=http://hub.example", "HF_TOKEN=secret", "HTTP_PROXY="+server.URL, "http_proxy="+server.URL)
		c.Env = append(c.Env, more...)
		said, err := c.CombinedOutput()
		return string(said), err
	}
	if said, err := fetch("NO_PROXY=hub.example", "no_proxy=hub.example"); err == nil || len(proxy.sent("hub.example")) > 0 {
		t.Errorf("with NO_PROXY the proxy was asked %q: %v, %s", proxy.sent("hub.example"), err, said)
	}
	if said, err := fetch("NO_PROXY=", "no_proxy="); err != nil || strings.Count(said, "downloaded") != 2 {
		t.Fatalf("%v: %s", err, said)
	}
	for host, want := range map[string]string{"hub.example": "Bearer secret", "cdn.example": ""} {
		got := proxy.sent(host)
		if len(got) == 0 {
			t.Errorf("%s was not asked", host)
		}
		for _, token := range got {
			if token != want {
				t.Errorf("%s was sent %q", host, token)
			}
		}
	}
}
