package cache_test

import (
	"fmt"
	"os"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/internal/digest"
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

	key := digest.Describe("example").Text("trim", "density 0.5").Sum()
	if err := c.Put(key, []byte("tensor A, "), []byte("tensor B")); err != nil {
		fmt.Println("warning:", err)
	}
	content, ok := c.Get(key, func(size int64) []byte { return make([]byte, size) })
	fmt.Printf("%s, %t\n", content, ok)
	// Output: tensor A, tensor B, true
}
