package fileindex_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/fileindex"
)

func ExampleIndex_HashWhole() {
	dir, path := exampleFile("abc")
	defer os.RemoveAll(dir)
	x := fileindex.Open(filepath.Join(dir, "index"))
	sum, err := x.HashWhole(context.Background(), path)
	if err != nil {
		panic(err)
	}
	fmt.Println(sum)
	// Output: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
}

// A caller who reads ranges through a file of its own begins before it reads,
// and remembers when it has read.
func ExampleIndex_Begin() {
	dir, path := exampleFile("abc")
	defer os.RemoveAll(dir)
	file, err := os.Open(path)
	if err != nil {
		panic(err)
	}
	defer file.Close()

	reading, err := fileindex.Open(filepath.Join(dir, "index")).Begin(path, file)
	if err != nil {
		panic(err)
	}
	sums, known := reading.Ranges()
	if !known {
		first := make([]byte, 2)
		if _, err := file.ReadAt(first, 0); err != nil {
			panic(err)
		}
		sums = map[string]fileindex.Sum{"the first two": sha256.Sum256(first)}
		if err := reading.RememberRanges(sums); err != nil {
			panic(err) // the file changed while it was read
		}
	}
	fmt.Println(sums["the first two"])
	// Output: fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603
}

func exampleFile(content string) (dir, path string) {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	path = filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		panic(err)
	}
	return dir, path
}
