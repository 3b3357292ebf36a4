package peft

import (
	"fmt"
	"testing"
)

// The patterns that take longest of those that are accepted for a thousand modules.
func BenchmarkLookup(b *testing.B) {
	const modules = 1000
	for name, c := range map[string]struct {
		keys int
		key  func(i int) string
	}{
		"expressions": {800, func(i int) string { return fmt.Sprintf("([a-z]+|[0-9.]+)*x%06d", i) }},
		"shapes":      {2500, manyDots},
	} {
		b.Run(name, func(b *testing.B) {
			p := patternOf(b, modules, c.keys, c.key)
			for b.Loop() {
				for i := range modules {
					p.Lookup(fmt.Sprintf("model.layers.%d.aaaaaaaaaaaaaaaa", i))
				}
			}
		})
	}
}

// manyDots is a name of sixteen letters, dots where i has ones in binary.
func manyDots(i int) string {
	key := []byte("aaaaaaaaaaaaaaaa")
	for bit := range key {
		if i>>bit&1 == 1 {
			key[bit] = '.'
		}
	}
	return string(key)
}

// patternOf is a pattern of n keys, which is not refused for so many modules.
func patternOf(tb testing.TB, modules, n int, key func(i int) string) *Pattern {
	tb.Helper()
	var p Pattern
	for i := range n {
		p.rules = append(p.rules, rule{key(i), 1})
	}
	if err := p.compile("file", "alpha_pattern"); err != nil {
		tb.Fatal(err)
	}
	if err := p.checkEffort("file", "alpha_pattern", modules); err != nil {
		tb.Fatal(err)
	}
	return &p
}
