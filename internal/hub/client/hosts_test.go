package client_test

import (
	"net/http"
	"strings"
	"testing"
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
