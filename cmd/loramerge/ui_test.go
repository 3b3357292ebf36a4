package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/recipe"
)

// TestJSON: what is printed for programs steers no terminal, and is still the value.
func TestJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := hostile.Draw(t, "text")
		var out bytes.Buffer
		if err := (&ui{out: &results{to: &out}}).json([]string{text}); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(out.String(), func(r rune) bool { return r != '\n' && printable.Steers(r) }) {
			t.Fatalf("%q became %q", text, out.String())
		}
		var back []string
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || back[0] != text {
			t.Fatalf("%q came back as %q: %v", text, back, err)
		}
	})
}

// hostile is text with many of the characters that steer: of the C0 and C1 sets,
// DEL, and those that turn the direction of writing.
var hostile = rapid.StringOf(rapid.RuneFrom([]rune("\x00\a\b\t\n\r\x1b\x7f\u0085\u009b\u061c\u200e\u202a\u202e\u2066\u2069[2J\"\\π")))

// TestCaret: the caret stands under the column that a mistake names, past wide
// letters and tabs.
func TestCaret(t *testing.T) {
	for _, test := range []struct {
		line   string
		column int
		want   string
	}{
		{"a: b", 4, "   "},
		{"a: b", 1, ""},
		{"äöü: b", 6, "     "},
		{"\ta:\tb", 5, "\t  \t"},
		{"a", 9, " "},
	} {
		if got := indent(test.line, test.column); got != test.want {
			t.Errorf("column %d of %q is led to by %q, not %q", test.column, test.line, got, test.want)
		}
	}
}

// TestColor: labels are painted on a terminal only.
func TestColor(t *testing.T) {
	mistake := fault.At(recipe.Position{File: "absent.yaml", Line: 1, Column: 1}, "it is broken").Mend("mend it")
	for color, want := range map[bool]string{
		false: "absent.yaml:1:1: error: it is broken\n      = mend it\n",
		true:  "absent.yaml:1:1: \x1b[31;1merror\x1b[0m: it is broken\n      = mend it\n",
	} {
		var out bytes.Buffer
		(&ui{err: &out, color: color, sources: map[string][]string{}}).failure(mistake)
		if out.String() != want {
			t.Errorf("color %v: %q, not %q", color, out.String(), want)
		}
	}
}
