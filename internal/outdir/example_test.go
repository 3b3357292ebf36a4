package outdir_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/outdir"
)

func save(target, text string) (err error) {
	if err := outdir.Sweep(target); err != nil {
		return err
	}
	dir, err := outdir.Stage(target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Abort()) }()
	if err := dir.WriteFile("README.md", []byte(text)); err != nil {
		return err
	}
	return dir.Commit()
}

func Example() {
	parent, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)
	target := filepath.Join(parent, "out", "dev-assistant")
	for _, text := range []string{"the first merge", "the second merge"} {
		if err := save(target, text); err != nil {
			log.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(target, "README.md"))
	fmt.Println(string(text), err)
	// Output: the second merge <nil>
}
