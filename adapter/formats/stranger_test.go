package formats_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/adapter/kohya"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/safetensors"
)

func TestStranger(t *testing.T) {
	ours := func(path string) {
		writeWeights(t, path, map[string]string{adapter.MadeBy: "1"})
		for _, name := range []string{peft.ConfigFile, adapter.CardFile, adapter.RecipeFile} {
			writeFile(t, filepath.Join(path, name), nil)
		}
	}
	for what, c := range map[string]struct {
		fill func(path string)
		want string
	}{
		"absent":          {func(path string) { remove(t, path) }, ""},
		"empty":           {func(string) {}, ""},
		"ours":            {ours, ""},
		"ours and a file": {func(path string) { ours(path); writeFile(t, filepath.Join(path, "notes.txt"), nil) }, "notes.txt"},
		"ours and hidden": {func(path string) { ours(path); writeFile(t, filepath.Join(path, ".git"), nil) }, ".git"},
		"ours and a file named as ours of another format": {func(path string) { ours(path); writeFile(t, filepath.Join(path, kohya.WeightsFile), nil) }, kohya.WeightsFile},
		"ours of kohya's": {func(path string) {
			writeWeightsAt(t, filepath.Join(path, kohya.WeightsFile), map[string]string{adapter.MadeBy: "1"})
			writeFile(t, filepath.Join(path, adapter.CardFile), nil)
		}, ""},
		"ours of kohya's and a configuration": {func(path string) {
			writeWeightsAt(t, filepath.Join(path, kohya.WeightsFile), map[string]string{adapter.MadeBy: "1"})
			writeFile(t, filepath.Join(path, peft.ConfigFile), nil)
		}, peft.ConfigFile},
		"another's":        {func(path string) { writeWeights(t, path, map[string]string{"format": "pt"}) }, peft.WeightsFile},
		"a README alone":   {func(path string) { writeFile(t, filepath.Join(path, adapter.CardFile), nil) }, adapter.CardFile},
		"damaged weights":  {func(path string) { writeFile(t, filepath.Join(path, peft.WeightsFile), []byte("x")) }, "an error"},
		"ours and damaged": {func(path string) { ours(path); writeFile(t, filepath.Join(path, peft.WeightsFile), []byte("x")) }, "an error"},
		"a file":           {func(path string) { remove(t, path); writeFile(t, path, nil) }, "an error"},
		"a folder as file": {func(path string) { mkdir(t, filepath.Join(path, adapter.RecipeFile)) }, adapter.RecipeFile},
	} {
		path := filepath.Join(t.TempDir(), "target")
		mkdir(t, path)
		c.fill(path)
		name, err := formats.Stranger(path)
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

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeWeights writes PEFT's file, with one tensor.
func writeWeights(t *testing.T, folder string, metadata map[string]string) {
	t.Helper()
	writeWeightsAt(t, filepath.Join(folder, peft.WeightsFile), metadata)
}

func writeWeightsAt(t *testing.T, path string, metadata map[string]string) {
	t.Helper()
	layout, err := safetensors.NewLayout([]safetensors.Spec{{Name: "x", DType: safetensors.F32, Shape: []int{1}}}, metadata)
	if err != nil {
		t.Fatal(err)
	}
	file, err := safetensors.Create(path, layout)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.WriteAt("x", make([]byte, 4), 0), file.Close()); err != nil {
		t.Fatal(err)
	}
}
