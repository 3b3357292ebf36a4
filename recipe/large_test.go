package recipe

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
)

// stagesOf makes a recipe of n stages from a format that takes the stage's number twice.
func stagesOf(n int, format string) string {
	var b strings.Builder
	b.WriteString("version: 1\nstages:\n")
	for i := range n {
		fmt.Fprintf(&b, format, i, i)
	}
	return b.String()
}

func TestManyStages(t *testing.T) {
	const n = 10_000
	r := mustParse(t, stagesOf(n, "  stage%d: {trim: stage%d, density: {default: 0.5, python: 1}}\n"))
	if len(r.Stages) != n || r.Stages[n-1].Inputs[0].Stage != "stage9999" {
		t.Errorf("%d stages", len(r.Stages))
	}
}

func TestManyMistakes(t *testing.T) {
	const n = 10_000
	for format, want := range map[string]string{
		"  stage%d: {trim: stagr%d}\n":            `there is no stage "stagr0"; did you mean "stage0"?`,
		"  stage%d: {trm: x%d}\n":                 `there is no verb "trm"; did you mean "trim"?`,
		"  stage%d: {load: x, sha265: %d}\n":      `load has no parameter "sha265"; did you mean "sha256"?`,
		"  stage%d: {load: x, sha256: [%d, 2]}\n": "a list is not a SHA-256",
	} {
		_, err := parse(stagesOf(n, format))
		all := fault.List(err)
		if len(all) != n || !strings.Contains(all[0].Error(), want) {
			t.Errorf("%d mistakes, first %v", len(all), all[0])
		}
	}
}

// Where the suggestions cost too much, the mistakes are all there still.
func TestSuggestionsAreRationed(t *testing.T) {
	_, err := parse(stagesOf(10_000, "  stage%d: {trim: stagr%d}\n"))
	all := fault.List(err)
	if text := all[len(all)-1].Error(); !strings.Contains(text, "known are: stage0, stage1, ") || !strings.HasSuffix(text, " and 9976 more") {
		t.Errorf("the last is %s", text)
	}
}

// A thousand mistakes in one stage, which aliases repeat fifty times.
func TestMistakesAreLimited(t *testing.T) {
	_, err := parse(stagesOf(50, "  s%d: {load: %d}\n") + "  s: &s {trim: [" + strings.Repeat("a.b.c, ", 1000) + "a.b.c]}\n" +
		strings.ReplaceAll(stagesOf(50, "  t%d: *s # %d\n"), "version: 1\nstages:\n", ""))
	all := fault.List(err)
	if len(all) != mistakeLimit+1 || !strings.Contains(err.Error(), ": there are more than 20000 mistakes; fix the others first") {
		t.Errorf("%d mistakes", len(all))
	}
}

func TestHostileFiles(t *testing.T) {
	for source, want := range map[string]string{
		strings.Repeat("[", 100_000):                            "exceeded max depth",
		strings.Repeat("{", 100_000):                            "exceeded max depth",
		strings.Repeat("- ", 100_000):                           "exceeded max depth",
		strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999): "a list is not a table",
		"{" + strings.Repeat("a,", 50_000) + "}":                "there are more than 20000 mistakes",
		strings.Repeat("k", 1000) + ": 1":                       `a recipe has no "` + strings.Repeat("k", 40) + `…"`,
		"version: " + strings.Repeat("v", 500_000):              `"` + strings.Repeat("v", 40) + `…" is not a version`,
	} {
		_, err := parse(source)
		text := fmt.Sprint(fault.List(err))
		if !strings.Contains(text, want) {
			t.Errorf("%.20s…: %.300s", source, text)
		}
	}
}
