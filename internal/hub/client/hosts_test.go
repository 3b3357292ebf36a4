package client_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loramerge/loramerge/internal/hub"
	"github.com/loramerge/loramerge/internal/hub/client"
)

// TestOtherHosts: what a redirect may not lead to.
func TestOtherHosts(t *testing.T) {
	for _, c := range []struct{ location, want string }{
		{"ftp://example.org/x", "redirects to an address that is not followed"},
		{"file:///etc/passwd", "redirects to an address that is not followed"},
		{"http://%zz/", "redirects to an address that is not followed"},
		{"/api/models/acme/lora/revision/main?again", "redirects more than 10 times"},
	} {
		s := newServer(t)
		s.onAPI = func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", c.location)
			w.WriteHeader(http.StatusFound)
			return true
		}
		if _, err := s.client(t.TempDir()).Look(t.Context(), parse(t, "hf://acme/lora")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.location, err, c.want)
		}
	}
}

// TestTokenStaysAtHome: not even a host that redirects back to the hub brings the token back.
func TestTokenStaysAtHome(t *testing.T) {
	s := newServer(t)
	s.token = "secret"
	var back string
	s.onAPI = func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.URL.Query().Get("back") != "":
			back = r.Header.Get("Authorization")
			return false
		case r.Header.Get("Authorization") != "Bearer secret":
			t.Errorf("%s lacks the token", r.URL)
		case strings.HasPrefix(r.URL.Path, "/api/models/"):
			w.Header().Set("Location", s.cdn.URL+"/x?Signature=secret")
			w.WriteHeader(http.StatusFound)
			return true
		}
		return false
	}
	s.onCDN = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Location", s.api.URL+"/api/models/acme/lora/revision/main?back=yes")
		w.WriteHeader(http.StatusFound)
		return true
	}
	_, err := s.client(t.TempDir(), "HF_TOKEN=secret").Look(t.Context(), parse(t, "hf://acme/lora"))
	if back != "" || err == nil {
		t.Errorf("the token came back: %q, %v", back, err)
	}
}

type answering func(*http.Request) *http.Response

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// TestNoDowngrade: from a hub that is asked by https no redirect leads to a host that is not.
func TestNoDowngrade(t *testing.T) {
	for location, asked := range map[string]int{"http://huggingface.co/x": 1, "http://cdn.example/x": 1, "https://cdn.example/x": 2} {
		var hosts []string
		c, err := client.New(client.Options{
			Environment: hub.Environment{Get: func(name string) string { return map[string]string{"HF_HOME": t.TempDir(), "HF_TOKEN": "secret"}[name] }},
			Now:         time.Now,
			Sleep:       func(context.Context, time.Duration) error { return nil },
			Transport: answering(func(r *http.Request) *http.Response {
				hosts = append(hosts, r.URL.Scheme+"://"+r.URL.Host)
				if token := r.Header.Get("Authorization"); token != "" && r.URL.Host != "huggingface.co" {
					t.Errorf("%s was sent the token", r.URL)
				}
				if len(hosts) == 1 {
					return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {location}}, Body: http.NoBody, Request: r}
				}
				return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{}, Body: http.NoBody, Request: r}
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Look(t.Context(), parse(t, "hf://acme/lora")); err == nil || len(hosts) != asked || asked == 1 && !strings.Contains(err.Error(), "redirects to an address that is not followed") {
			t.Errorf("%s: asked %q, %v", location, hosts, err)
		}
	}
}
