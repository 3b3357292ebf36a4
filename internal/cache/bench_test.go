package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"
)

var benchSizes = []int{4 << 10, 1 << 20, 64 << 20}

func BenchmarkGet(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(fmt.Sprintf("%dkB", size>>10), func(b *testing.B) {
			c := open(b)
			data := make([]byte, size)
			must(b, c.Put(named("n"), data))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := c.Get(named("n"), func(int64) []byte { return data }); !ok {
					b.Fatal("a miss")
				}
			}
		})
	}
}

// BenchmarkPut writes a new content each time.
func BenchmarkPut(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(fmt.Sprintf("%dkB", size>>10), func(b *testing.B) {
			c := open(b)
			data := make([]byte, size)
			b.SetBytes(int64(size))
			var n uint64
			for b.Loop() {
				n++
				binary.LittleEndian.PutUint64(data, n)
				must(b, c.Put(sha256.Sum256(data[:8]), data))
			}
		})
	}
}

// BenchmarkPutAgain writes nothing: it finds the entry there and good.
func BenchmarkPutAgain(b *testing.B) {
	c := open(b)
	data := make([]byte, 1<<20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		must(b, c.Put(named("n"), data))
	}
}

func BenchmarkTrimWithinLimit(b *testing.B) {
	c := open(b)
	for n := range 5000 {
		must(b, c.Put(named(fmt.Sprint(n)), []byte(fmt.Sprint(n))))
	}
	for b.Loop() {
		_, _, err := c.Trim(1 << 40)
		must(b, err)
	}
}
