package client_test

import (
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/hub"
)

// TestChoose: which files of a repository are an adapter.
func TestChoose(t *testing.T) {
	for _, c := range []struct {
		reference string
		files     string
		want      string // an error, after an exclamation mark
	}{
		{"hf://acme/lora", "adapter_config.json adapter_model.safetensors model-1.safetensors adapter_model.bin", "adapter_config.json adapter_model.safetensors"},
		{"hf://acme/lora", "adapter_config.json adapters.safetensors 0000100_adapters.safetensors", "adapter_config.json adapters.safetensors"},
		{"hf://acme/lora", "pytorch_lora_weights.safetensors README.md", "pytorch_lora_weights.safetensors"},
		{"hf://acme/lora", "a.safetensors b.safetensors x/c.safetensors", "a.safetensors b.safetensors"},
		{"hf://acme/lora/b.safetensors", "a.safetensors b.safetensors", "b.safetensors"},
		{"hf://acme/lora/config.json", "config.json model.safetensors", "config.json"},
		{"hf://acme/lora/x/y", "adapter_config.json x/adapter_config.json x/y/adapter_config.json x/y/adapter_model.safetensors", "x/y/adapter_config.json x/y/adapter_model.safetensors"},
		{"hf://acme/lora", `adapter_config.json a\b.safetensors adapter_model.safetensors`, "adapter_config.json adapter_model.safetensors"},
		{"hf://acme/lora/c.safetensors", "a.safetensors", "!there is no file hf://acme/lora/c.safetensors; check its name, and the revision"},
		{"hf://acme/lora", "adapter_config.json adapter_model.bin", "!hf://acme/lora has no weights in safetensors; it has a pickle, adapter_model.bin, which would be executed when read: ask its owner for safetensors"},
		{"hf://acme/lora", "README.md adapter_config.json", "!hf://acme/lora has no weights in safetensors; name a repository that holds an adapter"},
		{"hf://acme/lora@main", "README.md sql/adapter_model.safetensors python/adapter_model.safetensors", "!hf://acme/lora@main has no weights in safetensors; name the folder of an adapter: hf://acme/lora@main/python, hf://acme/lora@main/sql"},
	} {
		s := newServer(t)
		s.files[first] = make(map[string]string)
		for _, name := range strings.Fields(c.files) {
			s.files[first][name] = name
		}
		o, err := s.client(t.TempDir()).Look(t.Context(), parse(t, c.reference))
		got := ""
		if err != nil {
			got = "!" + err.Error()
		} else {
			var names []string
			for _, f := range o.Take {
				names = append(names, f.Path)
			}
			slices.Sort(names)
			got = strings.Join(names, " ")
		}
		if got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.reference, c.files, got, c.want)
		}
	}
}

// TestEndpoints: a hub below a path of its host, and one that has renamed the repository. The token goes
// along, since the host is the same.
func TestEndpoints(t *testing.T) {
	s := newServer(t)
	s.prefix, s.token = "/mirror/hub", "secret"
	mustFetch(t, s.client(t.TempDir(), "HF_TOKEN=secret", "HF_ENDPOINT="+s.api.URL+s.prefix+"/"), "hf://acme/lora")
	if got := s.requests(); got[0] != "GET /mirror/hub/api/models/acme/lora/revision/main" {
		t.Errorf("asked %q", got)
	}
	mustFetch(t, s.client(t.TempDir(), "HF_TOKEN=secret"), "hf://old-org/lora")
}

// TestWithoutHashes: a list that lacks hashes is completed by what the hub says of each file.
func TestWithoutHashes(t *testing.T) {
	s, home := newServer(t), t.TempDir()
	s.unlike = func(_ string, sibling map[string]any) {
		maps.DeleteFunc(sibling, func(key string, _ any) bool { return key != "rfilename" })
	}
	mustFetch(t, s.client(home), "hf://acme/lora")
	asked := s.requests()
	if !slices.Contains(asked, "HEAD /acme/lora/resolve/"+first+"/adapter_model.safetensors") || slices.Contains(asked, "HEAD /"+first+"/adapter_model.safetensors") {
		t.Errorf("asked %q", asked)
	}
	if _, err := hub.Cache(filepath.Join(home, "hub")).Find(parse(t, "hf://acme/lora")); err != nil {
		t.Error(err)
	}
	s.onAPI = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead {
			w.Header().Set("ETag", `"not a hash"`)
		}
		return r.Method == http.MethodHead
	}
	if _, err := s.client(t.TempDir()).Look(t.Context(), parse(t, "hf://acme/lora")); err == nil || !strings.Contains(err.Error(), "has no hash and size for adapter_") {
		t.Errorf("%v", err)
	}
}
