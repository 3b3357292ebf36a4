package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/hub"
)

// File is a file of a repository.
type File struct {
	Path string // slashed
	Size int64  // -1 where it is not known
	// Hash is what the hub has for the content, and how the cache calls it: of a large file the
	// SHA-256, 64 digits, of another one the SHA-1 of git, 40 digits. Empty where it is not known.
	Hash string
}

// Listing is what a repository has at a commit.
type Listing struct {
	Commit string
	Files  []File
}

// mostListed bounds the hub's answer: a repository of a hundred thousand files needs a third of it.
const mostListed = 64 << 20

var errTooLong = errors.New("the hub's answer is too long")

// list asks for the commit of a revision and its files.
func (c *Client) list(ctx context.Context, r hub.Reference) (*Listing, error) {
	at := c.at("/api/models/"+r.ID()+"/revision/"+url.PathEscape(r.Asked()), "blobs=true")
	for attempt := 1; ; attempt++ {
		a, err := c.send(ctx, request{method: http.MethodGet, url: at})
		if err != nil {
			return nil, err
		}
		if a.StatusCode != http.StatusOK {
			defer a.close()
			return nil, c.refusal(a, r, "")
		}
		body, err := io.ReadAll(io.LimitReader(a.Body, mostListed+1))
		a.close()
		switch {
		case len(body) > mostListed:
			return nil, errTooLong
		case err == nil:
			l, err := parseListing(body)
			if err == nil && hub.IsCommit(r.Asked()) && l.Commit != r.Asked() {
				err = errors.New("it is of another commit")
			}
			if err != nil {
				return nil, fmt.Errorf("%s: the hub's list of files can't be used: %w", r, err)
			}
			return l, nil
		case attempt == mostAttempts || ctx.Err() != nil:
			return nil, unreachable(at, err)
		}
		if err := c.wait(ctx, unreachable(at, err).Error(), pause(attempt)); err != nil {
			return nil, err
		}
	}
}

// at is an address below the endpoint; what stands in it is escaped.
func (c *Client) at(escaped, query string) *url.URL {
	at := *c.endpoint
	below, err := url.Parse(escaped)
	if err != nil {
		panic("client: an escaped path can't be parsed: " + err.Error())
	}
	at.Path, at.RawPath, at.RawQuery = at.Path+below.Path, at.EscapedPath()+below.EscapedPath(), query
	return &at
}

var (
	sha1Form   = regexp.MustCompile(`^[0-9a-f]{40}$`)
	sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// parseListing reads the hub's answer. A name that leads out of the repository is an error.
func parseListing(text []byte) (*Listing, error) {
	var said struct {
		SHA      string `json:"sha"`
		Siblings []struct {
			Name string `json:"rfilename"`
			Size *int64 `json:"size"`
			Blob string `json:"blobId"`
			LFS  *struct {
				SHA256 string `json:"sha256"`
				Size   *int64 `json:"size"`
			} `json:"lfs"`
		} `json:"siblings"`
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return nil, errors.New("it is not the JSON of a repository")
	}
	if !hub.IsCommit(said.SHA) {
		return nil, errors.New("it names no commit")
	}
	l := &Listing{Commit: said.SHA}
	seen := make(map[string]bool)
	for _, s := range said.Siblings {
		if s.Name == "" || path.Clean("/"+s.Name) != "/"+s.Name || strings.ContainsRune(s.Name, 0) {
			return nil, fmt.Errorf("it has a file %.200q, which leads out of the repository", s.Name)
		}
		if seen[s.Name] {
			return nil, fmt.Errorf("it has two files %.200q", s.Name)
		}
		seen[s.Name] = true
		f := File{Path: s.Name, Size: -1}
		size := s.Size
		switch {
		case s.LFS != nil && sha256Form.MatchString(s.LFS.SHA256):
			f.Hash = s.LFS.SHA256 // blobId is that of the pointer then
			if s.LFS.Size != nil {
				size = s.LFS.Size
			}
		case s.LFS == nil && sha1Form.MatchString(s.Blob):
			f.Hash = s.Blob
		}
		if size != nil && *size >= 0 {
			f.Size = *size
		}
		l.Files = append(l.Files, f)
	}
	return l, nil
}

// complete asks for the size and hash of a file that the list does not have.
func (c *Client) complete(ctx context.Context, r hub.Reference, commit string, f *File) error {
	if f.Hash != "" && f.Size >= 0 {
		return nil
	}
	a, err := c.send(ctx, request{method: http.MethodHead, url: c.content(r, commit, f.Path), stay: true})
	if err != nil {
		return err
	}
	defer a.close()
	if a.StatusCode >= 400 {
		return c.refusal(a, r.At(commit), f.Path)
	}
	hash, size := a.Header.Get("X-Linked-Etag"), a.Header.Get("X-Linked-Size")
	if hash == "" {
		hash = a.Header.Get("ETag")
	}
	if size == "" && a.StatusCode == http.StatusOK {
		size = a.Header.Get("Content-Length")
	}
	f.Hash = strings.Trim(strings.TrimPrefix(hash, "W/"), `"`)
	n, err := strconv.ParseInt(size, 10, 64)
	if f.Size = n; err != nil || n < 0 || !sha1Form.MatchString(f.Hash) && !sha256Form.MatchString(f.Hash) {
		return fmt.Errorf("%s: the hub has no hash and size for %s, by which a download could be checked", r, f.Path)
	}
	return nil
}

// content is the address of a file's content.
func (c *Client) content(r hub.Reference, commit, file string) *url.URL {
	parts := strings.Split(file, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return c.at("/"+r.ID()+"/resolve/"+commit+"/"+strings.Join(parts, "/"), "")
}
