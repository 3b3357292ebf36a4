package client_test

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/internal/hub"
	"github.com/loramerge/loramerge/internal/hub/client"
)

func parse(t *testing.T, text string) hub.Reference {
	t.Helper()
	r, err := hub.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fetch downloads all that a reference needs.
func fetch(ctx context.Context, c *client.Client, r hub.Reference) (*client.Order, error) {
	o, err := c.Look(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, f := range o.Take {
		if _, err := c.Fetch(ctx, o, f); err != nil {
			return o, err
		}
	}
	return o, c.Finish(o)
}

func mustFetch(t *testing.T, c *client.Client, reference string) *client.Order {
	t.Helper()
	o, err := fetch(t.Context(), c, parse(t, reference))
	if err != nil {
		t.Fatalf("%s: %v", reference, err)
	}
	return o
}

// layout is every file below a folder: its content, shortened to its length where that is long, or where
// it leads.
func layout(t *testing.T, folder string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(relative)
		if entry.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			out[name] = "-> " + filepath.ToSlash(target)
			return err
		}
		data, err := os.ReadFile(path)
		if out[name] = string(data); len(data) > 100 {
			out[name] = fmt.Sprint(len(data))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if want[name] != got[name] {
			t.Errorf("%s is %q, want %q", name, got[name], want[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, there := got[name]; !there {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestFetch: what a fetch asks, and what it leaves. The layout is that of
// https://huggingface.co/docs/hub/local-cache.
func TestFetch(t *testing.T) {
	if err := os.Symlink("x", filepath.Join(t.TempDir(), "link")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	s, home := newServer(t), t.TempDir()
	s.token = "secret"
	c := s.client(home, "HF_TOKEN=secret")
	o := mustFetch(t, c, "hf://acme/lora")
	if got, want := s.requests(), []string{
		"GET /api/models/acme/lora/revision/main",
		"GET /acme/lora/resolve/" + first + "/adapter_config.json",
		"GET /api/resolve-cache/models/acme/lora/" + first + "/adapter_config.json",
		"GET /acme/lora/resolve/" + first + "/adapter_model.safetensors",
		"GET /" + first + "/adapter_model.safetensors",
	}; !equalAnyOrder(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
	if want := []string{"README.md", "tokenizer.json", "checkpoint-10/adapter_config.json", "checkpoint-10/adapter_model.safetensors"}; !slices.Equal(o.Leave, want) {
		t.Errorf("left %q, want %q", o.Leave, want)
	}
	config, large := gitHash(`{"r": 8}`), hash(weights)
	want := map[string]string{
		"hub/CACHEDIR.TAG":                                                         "Signature: 8a477f597d28d172789f06886806bc55\n",
		"hub/models--acme--lora/refs/main":                                         first,
		"hub/models--acme--lora/blobs/" + config:                                   `{"r": 8}`,
		"hub/models--acme--lora/blobs/" + large:                                    fmt.Sprint(len(weights)),
		"hub/models--acme--lora/snapshots/" + first + "/adapter_config.json":       "-> ../../blobs/" + config,
		"hub/models--acme--lora/snapshots/" + first + "/adapter_model.safetensors": "-> ../../blobs/" + large,
		"hub/.locks/models--acme--lora/" + config + ".lock":                        "",
		"hub/.locks/models--acme--lora/" + large + ".lock":                         "",
	}
	same(t, layout(t, home), want)
	found, err := hub.Cache(filepath.Join(home, "hub")).Find(parse(t, "hf://acme/lora"))
	if err != nil || found.Path != o.Path || found.Commit != first {
		t.Errorf("found %+v, %v", found, err)
	}

	// What is there is not downloaded again, under another revision of the same commit too.
	mustFetch(t, c, "hf://acme/lora")
	mustFetch(t, c, "hf://acme/lora@v1.0")
	if got, want := s.requests(), []string{"GET /api/models/acme/lora/revision/main", "GET /api/models/acme/lora/revision/v1.0"}; !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
	want["hub/models--acme--lora/refs/v1.0"] = first
	same(t, layout(t, home), want)

	// A folder's links lead one more up. A commit needs no name.
	mustFetch(t, c, "hf://acme/lora@"+first+"/checkpoint-10")
	ten, tenConfig := hash("ten"+weights), gitHash(`{"r": 4}`)
	for name, text := range map[string]string{
		"blobs/" + tenConfig: `{"r": 4}`, "blobs/" + ten: fmt.Sprint(len(weights) + 3),
		"snapshots/" + first + "/checkpoint-10/adapter_config.json":       "-> ../../../blobs/" + tenConfig,
		"snapshots/" + first + "/checkpoint-10/adapter_model.safetensors": "-> ../../../blobs/" + ten,
	} {
		want["hub/models--acme--lora/"+name] = text
	}
	want["hub/.locks/models--acme--lora/"+ten+".lock"], want["hub/.locks/models--acme--lora/"+tenConfig+".lock"] = "", ""
	same(t, layout(t, home), want)
	s.requests()

	// A branch that has moved; a ref whose name has slashes is one segment.
	s.commits["main"] = second
	if o := mustFetch(t, c, "hf://acme/lora"); o.Commit != second {
		t.Errorf("main is %s, want %s", o.Commit, second)
	}
	mustFetch(t, c, "hf://acme/lora@refs/pr/1")
	mustFetch(t, c, "hf://acme/lora@feature%2Ffoo")
	if got := s.requests(); !slices.Contains(got, "GET /api/models/acme/lora/revision/refs%2Fpr%2F1") || !slices.Contains(got, "GET /api/models/acme/lora/revision/feature%2Ffoo") {
		t.Errorf("asked %q", got)
	}
	refs := layout(t, filepath.Join(home, "hub", "models--acme--lora", "refs"))
	same(t, refs, map[string]string{"main": second, "v1.0": first, "refs/pr/1": second, "feature/foo": second})
}

// equalAnyOrder: the hub lists files in any order.
func equalAnyOrder(got, want []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)))
}

// TestWithoutLinks: where there are none, files stand in the snapshot themselves.
func TestWithoutLinks(t *testing.T) {
	s, home := newServer(t), t.TempDir()
	c := s.client(home, "HF_HUB_DISABLE_SYMLINKS=1")
	mustFetch(t, c, "hf://acme/lora")
	repository := filepath.Join(home, "hub", "models--acme--lora")
	want := map[string]string{
		"refs/main": first, "snapshots/" + first + "/adapter_config.json": `{"r": 8}`, "snapshots/" + first + "/adapter_model.safetensors": fmt.Sprint(len(weights)),
	}
	same(t, layout(t, repository), want)
	s.requests()
	mustFetch(t, c, "hf://acme/lora")
	if got := s.requests(); len(got) != 1 {
		t.Errorf("asked again: %q", got)
	}
	// A file that is damaged is replaced.
	if err := os.WriteFile(filepath.Join(repository, "snapshots", first, "adapter_config.json"), []byte(`{"r": 9}`), 0o666); err != nil {
		t.Fatal(err)
	}
	mustFetch(t, c, "hf://acme/lora")
	same(t, layout(t, repository), want)
}

// TestRepairs: what is damaged, or missing, is downloaded again; what is right stays.
func TestRepairs(t *testing.T) {
	s, home := newServer(t), t.TempDir()
	c := s.client(home)
	o := mustFetch(t, c, "hf://acme/lora")
	repository := filepath.Join(home, "hub", "models--acme--lora")
	want := layout(t, repository)
	for _, damage := range []func() error{
		func() error {
			return os.WriteFile(filepath.Join(repository, "blobs", hash(weights)), []byte("X"+weights[1:]), 0o666)
		},
		func() error { return os.Truncate(filepath.Join(repository, "blobs", hash(weights)), 10) },
		func() error { return os.Remove(filepath.Join(repository, "blobs", hash(weights))) },
		func() error { return os.WriteFile(filepath.Join(repository, "refs", "main"), []byte("garbage"), 0o666) },
		func() error { return os.Remove(filepath.Join(o.Path, "adapter_config.json")) },
		func() error { return relink(filepath.Join(o.Path, "adapter_config.json"), "../../blobs/nothing") },
		func() error {
			return relink(filepath.Join(o.Path, "adapter_model.safetensors"), "../../blobs/"+gitHash(`{"r": 8}`))
		},
		func() error { return os.RemoveAll(o.Path) },
	} {
		if err := damage(); err != nil {
			t.Skip(err)
		}
		mustFetch(t, c, "hf://acme/lora")
		same(t, layout(t, repository), want)
	}
}

func relink(path, target string) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return os.Symlink(target, path)
}
