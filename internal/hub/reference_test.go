package hub_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/hub"
)

func TestParse(t *testing.T) {
	long := strings.Repeat("x", 60)
	for text, want := range map[string]hub.Reference{
		"hf://acme/lora":                             {Owner: "acme", Name: "lora"},
		"hf://models/acme/lora":                      {Owner: "acme", Name: "lora"},
		"hf://acme/lora/":                            {Owner: "acme", Name: "lora"},
		"hf://acme/Lora_2.5-b@main":                  {Owner: "acme", Name: "Lora_2.5-b", Revision: "main"},
		"hf://acme/lora@v1.0/checkpoint-10":          {Owner: "acme", Name: "lora", Revision: "v1.0", Folder: "checkpoint-10"},
		"hf://acme/lora/a/b c":                       {Owner: "acme", Name: "lora", Folder: "a/b c"},
		"hf://acme/lora@refs/pr/12/a":                {Owner: "acme", Name: "lora", Revision: "refs/pr/12", Folder: "a"},
		"hf://acme/lora@refs/convert/x-1.y":          {Owner: "acme", Name: "lora", Revision: "refs/convert/x-1.y"},
		"hf://acme/lora@refs/heads":                  {Owner: "acme", Name: "lora", Revision: "refs", Folder: "heads"},
		"hf://acme/lora@a%2Fb/c":                     {Owner: "acme", Name: "lora", Revision: "a/b", Folder: "c"},
		"hf://acme/lora@main/a@b":                    {Owner: "acme", Name: "lora", Revision: "main", Folder: "a@b"},
		"hf://acme/lora/a/b@v2":                      {Owner: "acme", Name: "lora", Revision: "v2", Folder: "a/b"},
		"hf://acme/lora/a@refs/pr/1":                 {Owner: "acme", Name: "lora", Revision: "refs/pr/1", Folder: "a"},
		"hf://acme/lora/a@x%2Fy":                     {Owner: "acme", Name: "lora", Revision: "x/y", Folder: "a"},
		"hf://acme/lora@main/adapter.safetensors":    {Owner: "acme", Name: "lora", Revision: "main", Folder: "adapter.safetensors"},
		"hf://_acme/lora@" + strings.Repeat("0", 40): {Owner: "_acme", Name: "lora", Revision: strings.Repeat("0", 40)},
	} {
		got, err := hub.Parse(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
		if again, err := hub.Parse(got.String()); err != nil || again != got {
			t.Errorf("%s is written as %s, which is read as %+v, %v", text, got, again, err)
		}
	}
	for text, why := range map[string]string{
		"acme/lora":                    "does not begin with hf://",
		"hf://":                        "names no repository",
		"hf:///acme/lora":              "names no repository",
		"hf://acme":                    "names no repository",
		"hf://model/acme/lora":         "names no repository",
		"hf://datasets/acme/data":      "is no model's repository",
		"hf://spaces/acme/space":       "is no model's repository",
		"hf://bucket/acme/b":           "is no model's repository",
		"hf://acme/lora@":              "has no right revision",
		"hf://acme/lora@/sub":          "has no right revision",
		"hf://acme/lora@%zz":           "has no right revision",
		"hf://acme/lora@..%2F..%2Fetc": "has no right revision",
		"hf://acme/lora@a%00":          "has no right revision",
		"hf://acme/lora@x.lock":        "has no right revision",
		"hf://acme/lora@" + long + long + long + long + long: "has no right revision",
		"hf://acme/lora/a@":         "has no right revision",
		"hf://acme/lora//sub":       "leads to no folder",
		"hf://acme/lora/./sub":      "leads to no folder",
		"hf://acme/lora/../../x":    "leads to no folder",
		"hf://acme/lora/a\\..\\b":   "leads to no folder",
		"hf://acme/lora/c:x":        "leads to no folder",
		"hf://acme/lora/a\x01":      "leads to no folder",
		"hf://acme/lora/a\xff":      "leads to no folder",
		"hf://acme/lora/a@b/c":      "has its revision between two folders",
		"hf://acme/lora/@b":         "has its revision between two folders",
		"hf://acme/../etc":          "names no repository",
		"hf://acme/a--b":            "names no repository",
		"hf://acme/-a":              "names no repository",
		"hf://acme/a.":              "names no repository",
		"hf://acme/a..b":            "names no repository",
		"hf://acme/a.git":           "names no repository",
		"hf://a b/c":                "names no repository",
		"hf://" + long + "/" + long: "names no repository",
	} {
		got, err := hub.Parse(text)
		f, ok := err.(*fault.Fault)
		if !ok || !strings.Contains(f.Text, why) || !strings.Contains(f.Remedy, "write hf://OWNER/NAME@REVISION") {
			t.Errorf("%s: %+v, %v; want %q", text, got, err, why)
		}
	}
}

// shared are the files that tell how the hub, and its libraries' cache, are; they lie beside a
// checkout if they do.
func shared(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "formats", "vectors", "hub", name)
	if _, err := os.Stat(path); err != nil {
		t.Skip("../shared/formats/vectors/hub/" + name + " is not there")
	}
	return path
}

// TestParseShared: what the hub's own libraries read, with a few that are stricter here.
func TestParseShared(t *testing.T) {
	data, err := os.ReadFile(shared(t, "uris.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases struct {
		OK []struct {
			URI, ID, Path string
			Revision      *string
		}
		No []string
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases.OK) == 0 || len(cases.No) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases.OK {
		revision := ""
		if c.Revision != nil {
			revision = *c.Revision
		}
		got, err := hub.Parse(c.URI)
		if err != nil || got.ID() != c.ID || got.Folder != c.Path || got.Revision != revision {
			t.Errorf("%s: %+v, %v; want %+v", c.URI, got, err, c)
		}
	}
	for _, text := range cases.No {
		if got, err := hub.Parse(text); err == nil {
			t.Errorf("%s: %+v, want an error", text, got)
		}
	}
}

// FuzzParse: whatever is read stays below the cache, and is read the same again.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"hf://acme/lora@refs/pr/1/a", "hf://models/acme/lora@a%2Fb/c@d", "hf://acme/lora/a@v2", "hf://acme/..%2f@..", "hf://a/b@c%25d/e"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := hub.Parse(text)
		if err != nil {
			return
		}
		if again, err := hub.Parse(r.String()); err != nil || again != r {
			t.Errorf("%q is written as %q, which is read as %+v, %v", text, r, again, err)
		}
		cache := hub.Cache("cache")
		for _, path := range []string{cache.Ref(r), filepath.Join(cache.Snapshot(r, "commit"), filepath.FromSlash(r.Folder))} {
			if below, err := filepath.Rel(cache.Repository(r), path); err != nil || !filepath.IsLocal(below) || len(filepath.SplitList(below)) == 0 {
				t.Errorf("%q leads to %s", text, path)
			}
		}
	})
}
