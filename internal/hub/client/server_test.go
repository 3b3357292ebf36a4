package client_test

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loramerge/loramerge/internal/hub"
	"github.com/loramerge/loramerge/internal/hub/client"
)

const (
	first  = "0123456789abcdef0123456789abcdef01234567"
	second = "fedcba9876543210fedcba9876543210fedcba98"
)

// server behaves as the hub does: large files are redirected to another host, which must not be shown the
// token.
type server struct {
	t        *testing.T
	api, cdn *httptest.Server
	prefix   string // of the endpoint's path

	mu      sync.Mutex
	commits map[string]string            // by revision
	files   map[string]map[string]string // content by path, by commit
	token   string                       // that is needed; empty for none
	gated   bool
	listed  string                                        // the answer to a list, instead of one that is right
	onAPI   func(http.ResponseWriter, *http.Request) bool // whether it has answered
	onCDN   func(http.ResponseWriter, *http.Request) bool // whether it has answered
	asked   []string                                      // method, path, and the range of each request
	unlike  func(path string, sibling map[string]any)     // changes what the list says of a file
	waits   []time.Duration                               // that the client made
	sleep   func(context.Context, time.Duration) error
}

// weights are large: of more than one buffer of the client.
var weights = strings.Repeat("0123456789abcdef", 40<<10)

func newServer(t *testing.T) *server {
	s := &server{t: t, commits: map[string]string{"main": first, "v1.0": first, "refs/pr/1": second, "feature/foo": second},
		files: map[string]map[string]string{
			first: {"README.md": "# x", "adapter_config.json": `{"r": 8}`, "adapter_model.safetensors": weights, "tokenizer.json": "{}",
				"checkpoint-10/adapter_config.json": `{"r": 4}`, "checkpoint-10/adapter_model.safetensors": "ten" + weights},
			second: {"adapter_config.json": `{"r": 8}`, "adapter_model.safetensors": "two" + weights},
		}}
	s.api, s.cdn = httptest.NewServer(http.HandlerFunc(s.serveAPI)), httptest.NewServer(http.HandlerFunc(s.serveCDN))
	t.Cleanup(s.api.Close)
	t.Cleanup(s.cdn.Close)
	return s
}

// client is one of the hub with these variables.
func (s *server) client(home string, set ...string) *client.Client {
	s.t.Helper()
	c, err := client.New(s.options(home, set...))
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *server) options(home string, set ...string) client.Options {
	variables := map[string]string{"HF_HOME": home, "HF_ENDPOINT": s.api.URL + s.prefix}
	for _, text := range set {
		name, value, _ := strings.Cut(text, "=")
		variables[name] = value
	}
	return client.Options{Environment: hub.Environment{Get: func(name string) string { return variables[name] }}, Agent: "loramerge/test",
		Transport: http.DefaultTransport.(*http.Transport).Clone(), Now: func() time.Time { return time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC) },
		Sleep: func(ctx context.Context, d time.Duration) error {
			s.mu.Lock()
			s.waits = append(s.waits, d)
			s.mu.Unlock()
			if s.sleep != nil {
				return s.sleep(ctx, d)
			}
			return ctx.Err()
		}}
}

func (s *server) note(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, strings.TrimSpace(r.Method+" "+r.URL.EscapedPath()+" "+r.Header.Get("Range")))
	if agent := r.Header.Get("User-Agent"); agent != "loramerge/test" {
		s.t.Errorf("%s calls itself %q", r.URL, agent)
	}
}

// requests are those since it was asked last.
func (s *server) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.asked
	s.asked = nil
	return out
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Error-Code", code)
	w.Header().Set("X-Error-Message", message)
	http.Error(w, `{"error": "refused"}`, status)
}

// admits reports whether the token is the right one, and answers if not.
func (s *server) admits(w http.ResponseWriter, r *http.Request) bool {
	given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case given == "bad":
		w.Header().Set("X-Error-Message", "Invalid credentials in Authorization header")
		http.Error(w, "{}", http.StatusUnauthorized)
	case s.token != "" && given == "":
		refuse(w, http.StatusUnauthorized, map[bool]string{true: "GatedRepo", false: "RepoNotFound"}[s.gated], "")
	case s.token != "" && given != s.token && s.gated:
		refuse(w, http.StatusForbidden, "GatedRepo", "")
	case s.token != "" && given != s.token:
		refuse(w, http.StatusNotFound, "RepoNotFound", "")
	default:
		return true
	}
	return false
}

func (s *server) serveAPI(w http.ResponseWriter, r *http.Request) {
	s.note(r)
	if s.onAPI != nil && s.onAPI(w, r) {
		return
	}
	at, found := strings.CutPrefix(r.URL.EscapedPath(), s.prefix)
	if !found {
		s.t.Errorf("%s is not below the endpoint", r.URL)
	}
	at = strings.Replace(at, "/old-org/", "/acme/", 1)
	if strings.Contains(r.URL.Path, "/old-org/") {
		w.Header().Set("Location", s.prefix+at)
		w.WriteHeader(http.StatusTemporaryRedirect)
		return
	}
	if !s.admits(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if revision, found := strings.CutPrefix(at, "/api/models/acme/lora/revision/"); found {
		revision, err := url.PathUnescape(revision)
		if err != nil || strings.Contains(at[len("/api/models/acme/lora/revision/"):], "/") {
			s.t.Errorf("%s: a revision is one segment", at)
		}
		s.list(w, r, revision)
	} else if file, found := strings.CutPrefix(at, "/acme/lora/resolve/"); found {
		commit, file, _ := strings.Cut(file, "/")
		s.resolve(w, r, commit, file)
	} else if file, found := strings.CutPrefix(at, "/api/resolve-cache/models/acme/lora/"); found {
		commit, file, _ := strings.Cut(file, "/")
		s.content(w, r, commit, file)
	} else {
		refuse(w, map[bool]int{true: http.StatusNotFound, false: http.StatusUnauthorized}[r.Header.Get("Authorization") != ""], "RepoNotFound", "Repository not found")
	}
}

func (s *server) list(w http.ResponseWriter, r *http.Request, revision string) {
	commit := s.commits[revision]
	if s.files[revision] != nil {
		commit = revision
	}
	if commit == "" {
		refuse(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+revision)
		return
	}
	var siblings []map[string]any
	for name, content := range s.files[commit] {
		sibling := map[string]any{"rfilename": name}
		if r.URL.Query().Get("blobs") == "true" {
			sibling["size"], sibling["blobId"] = len(content), gitHash(content)
			if isLarge(name) {
				sibling["blobId"], sibling["lfs"] = gitHash("version https://git-lfs.github.com/spec/v1"), map[string]any{"sha256": hash(content), "size": len(content), "pointerSize": 130}
			}
		}
		if s.unlike != nil {
			s.unlike(name, sibling)
		}
		siblings = append(siblings, sibling)
	}
	if s.listed != "" {
		fmt.Fprint(w, s.listed)
		return
	}
	if err := json.NewEncoder(w).Encode(map[string]any{"id": "acme/lora", "sha": commit, "private": false, "gated": false, "siblings": siblings}); err != nil {
		s.t.Error(err)
	}
}

func isLarge(name string) bool { return strings.HasSuffix(name, ".safetensors") }

// gitHash is what `git hash-object` prints.
func gitHash(content string) string {
	h := sha1.Sum([]byte(fmt.Sprintf("blob %d\x00%s", len(content), content)))
	return hex.EncodeToString(h[:])
}

func hash(content string) string {
	h := sha256.Sum256([]byte(content))
	return hex.EncodeToString(h[:])
}

// resolve redirects, as the hub does for every file.
func (s *server) resolve(w http.ResponseWriter, _ *http.Request, commit, name string) {
	content, there := s.files[commit][name]
	if !there {
		refuse(w, http.StatusNotFound, "EntryNotFound", "Entry not found")
		return
	}
	w.Header().Set("X-Repo-Commit", commit)
	w.Header().Set("X-Linked-Size", fmt.Sprint(len(content)))
	if isLarge(name) {
		w.Header().Set("ETag", `"`+gitHash("the redirect's own")+`"`)
		w.Header().Set("X-Linked-Etag", `"`+hash(content)+`"`)
		w.Header().Set("Location", s.cdn.URL+"/"+commit+"/"+name+"?Signature=secret")
		w.WriteHeader(http.StatusFound)
		return
	}
	w.Header().Set("Location", s.prefix+path.Join("/api/resolve-cache/models/acme/lora", commit, name)+"?etag=x")
	w.WriteHeader(http.StatusTemporaryRedirect)
}

func (s *server) content(w http.ResponseWriter, r *http.Request, commit, name string) {
	w.Header().Set("ETag", `W/"`+gitHash(s.files[commit][name])+`"`)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(s.files[commit][name]))
}

func (s *server) serveCDN(w http.ResponseWriter, r *http.Request) {
	s.note(r)
	for name := range r.Header {
		if !slices.Contains([]string{"User-Agent", "Accept-Encoding", "Range", "Connection"}, name) {
			s.t.Errorf("another host is sent the header %s", name)
		}
	}
	if r.URL.RawQuery != "Signature=secret" {
		s.t.Errorf("%s has lost its signature", r.URL)
	}
	if s.onCDN != nil && s.onCDN(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	commit, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(s.files[commit][name]))
}
