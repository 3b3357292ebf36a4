package adapter

import (
	"os"
	"path/filepath"
	"testing"
)

func TestStranger(t *testing.T) {
	ours := func(path string) {
		writeWeights(t, path, map[string]string{MadeBy: "1"}, ramp("x", 1))
		for _, name := range []string{ConfigFile, CardFile, RecipeFile} {
			writeFile(t, filepath.Join(path, name), nil)
		}
	}
	for what, c := range map[string]struct {
		fill func(path string)
		want string
	}{
		"absent":           {func(path string) { remove(t, path) }, ""},
		"empty":            {func(string) {}, ""},
		"ours":             {ours, ""},
		"ours and a file":  {func(path string) { ours(path); writeFile(t, filepath.Join(path, "notes.txt"), nil) }, "notes.txt"},
		"ours and hidden":  {func(path string) { ours(path); writeFile(t, filepath.Join(path, ".git"), nil) }, ".git"},
		"another's":        {func(path string) { writeWeights(t, path, map[string]string{"format": "pt"}, ramp("x", 1)) }, WeightsFile},
		"a README alone":   {func(path string) { writeFile(t, filepath.Join(path, CardFile), nil) }, CardFile},
		"damaged weights":  {func(path string) { writeFile(t, filepath.Join(path, WeightsFile), []byte("x")) }, "an error"},
		"ours and damaged": {func(path string) { ours(path); writeFile(t, filepath.Join(path, WeightsFile), []byte("x")) }, "an error"},
		"a file":           {func(path string) { remove(t, path); writeFile(t, path, nil) }, "an error"},
		"a folder as file": {func(path string) { mkdir(t, filepath.Join(path, RecipeFile)) }, RecipeFile},
	} {
		path := filepath.Join(t.TempDir(), "target")
		mkdir(t, path)
		c.fill(path)
		name, err := Stranger(path)
		if err != nil {
			name = "an error"
		}
		if name != c.want {
			t.Errorf("%s: got %q, %v", what, name, err)
		}
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}
