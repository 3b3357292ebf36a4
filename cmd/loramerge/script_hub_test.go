package main

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdHub serves a folder as the Hub does and has HF_ENDPOINT lead to it. OWNER/NAME/COMMIT are the files of a commit,
// OWNER/NAME/refs/REVISION names one. In OWNER/NAME/token is the token that is wanted, if there is one; where there is
// OWNER/NAME/spoilt, large files have other hashes than the list says.
//
//	hub DIR
func cmdHub(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hub DIR")
	}
	server := httptest.NewServer(servedHub(ts.MkAbs(args[0])))
	ts.Setenv("HF_ENDPOINT", server.URL)
	ts.Defer(server.Close)
}

// servedHub is a folder with repositories.
type servedHub string

// ServeHTTP answers the calls that a client makes.
func (dir servedHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	if rest, found := strings.CutPrefix(at, "api/models/"); found {
		id, revision, _ := strings.Cut(rest, "/revision/")
		if dir.admits(w, r, id) {
			dir.list(w, id, revision)
		}
		return
	}
	id, rest, _ := strings.Cut(at, "/resolve/")
	if commit, file, _ := strings.Cut(rest, "/"); dir.admits(w, r, id) {
		http.ServeFile(w, r, filepath.Join(string(dir), id, commit, filepath.FromSlash(file)))
	}
}

func (dir servedHub) admits(w http.ResponseWriter, r *http.Request, id string) bool {
	given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	token, _ := os.ReadFile(filepath.Join(string(dir), id, "token"))
	if _, err := os.Stat(filepath.Join(string(dir), id)); err == nil && (len(token) == 0 || given == strings.TrimSpace(string(token))) {
		return true
	}
	w.Header().Set("X-Error-Code", "RepoNotFound")
	w.WriteHeader(map[bool]int{true: http.StatusUnauthorized, false: http.StatusNotFound}[given == ""])
	return false
}

func (dir servedHub) list(w http.ResponseWriter, id, escaped string) {
	commit, _ := url.PathUnescape(escaped)
	if text, err := os.ReadFile(filepath.Join(string(dir), id, "refs", commit)); err == nil {
		commit = strings.TrimSpace(string(text))
	}
	var siblings []map[string]any
	root := filepath.Join(string(dir), id, commit)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		blob, whole := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(data), data)), sha256.Sum256(data)
		sibling := map[string]any{"rfilename": filepath.ToSlash(name), "size": len(data), "blobId": hex.EncodeToString(blob[:])}
		if _, err := os.Stat(filepath.Join(string(dir), id, "spoilt")); err == nil {
			whole[0]++
		}
		if strings.HasSuffix(name, ".safetensors") {
			sibling["lfs"] = map[string]any{"size": len(data), "sha256": hex.EncodeToString(whole[:])}
		}
		siblings = append(siblings, sibling)
		return err
	})
	if err != nil {
		w.Header().Set("X-Error-Code", "RevisionNotFound")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"sha": commit, "siblings": siblings})
}
