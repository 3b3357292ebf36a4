package fileindex

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func BenchmarkHashWhole(b *testing.B) {
	path := newFile(b, strings.Repeat("x", 64<<20))
	x := Open(filepath.Join(path, "unusable")) // so that it is hashed each time
	b.SetBytes(64 << 20)
	for b.Loop() {
		_, err := x.HashWhole(b.Context(), path)
		must(b, err)
	}
}

func BenchmarkKnownWhole(b *testing.B) {
	x, path := open(b), newFile(b, "content")
	_, err := x.HashWhole(b.Context(), path)
	must(b, err)
	for b.Loop() {
		if _, known := x.Whole(path); !known {
			b.Fatal("unknown")
		}
	}
}

// BenchmarkKnownRanges has as many as an adapter of 32 layers with 7 modules.
func BenchmarkKnownRanges(b *testing.B) {
	x, path := open(b), newFile(b, "content")
	file, err := os.Open(path)
	must(b, err)
	defer file.Close()
	sums := make(map[string]Sum)
	for n := range 32 * 7 * 2 {
		sums[fmt.Sprintf("base_model.model.model.layers.%d.self_attn.q_proj.lora_A.weight", n)] = sumOf(fmt.Sprint(n))
	}
	reading, err := x.Begin(path, file)
	must(b, err)
	must(b, reading.RememberRanges(sums))
	for b.Loop() {
		reading, err := x.Begin(path, file)
		must(b, err)
		if _, known := reading.Ranges(); !known {
			b.Fatal("unknown")
		}
	}
}
