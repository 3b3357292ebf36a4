package cache_test

import (
	"crypto/sha256"
	"fmt"
	"os"

	"github.com/loramerge/loramerge/internal/cache"
)

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	c, err := cache.Open(dir)
	if err != nil {
		fmt.Println("warning:", err) // c can be used all the same
	}

	name := cache.Name(sha256.Sum256([]byte("trim, version 1, density 0.5, of …")))
	if err := c.Put(name, []byte("tensor A, "), []byte("tensor B")); err != nil {
		fmt.Println("warning:", err)
	}
	content, ok := c.Get(name, func(size int64) []byte { return make([]byte, size) })
	fmt.Printf("%s, %t\n", content, ok)
	// Output: tensor A, tensor B, true
}
