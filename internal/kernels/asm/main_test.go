package main

import (
	"path/filepath"
	"testing"
)

func TestGeneratedFilesAreCurrent(t *testing.T) {
	files, err := render()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := compare(filepath.Join("..", name), text); err != nil {
			t.Error(err)
		}
	}
}
