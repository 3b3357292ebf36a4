package recipe

import (
	"fmt"
	"strings"
	"testing"
)

// What costs most to parse of what is small enough to be looked at: each takes well
// under a second.
func BenchmarkParseHostile(b *testing.B) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x]\n")
	for i := range 60 {
		fmt.Fprintf(&bomb, "a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	for name, source := range map[string]string{
		"stages":        stagesOf(10_000, "  stage%d: {trim: stage%d, density: {default: 0.5, python: 1}}\n"),
		"wrong stages":  stagesOf(10_000, "  stage%d: {trim: stagr%d}\n"),
		"ten megabytes": stagesOf(300_000, "  stage%d: {trim: stage%d}\n"),
		"aliases":       bomb.String(),
		"nesting":       strings.Repeat("[", SizeLimit-1),
		"deep":          strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999),
		"short keys":    "{" + strings.Repeat("a,", SizeLimit/2-1) + "}",
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(source)))
			b.ReportAllocs()
			for b.Loop() {
				parse(source)
			}
		})
	}
}
