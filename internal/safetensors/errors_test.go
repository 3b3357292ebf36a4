package safetensors

import "testing"

func TestFormatErrorMessage(t *testing.T) {
	tests := map[string]struct {
		err  FormatError
		want string
	}{
		"all":       {FormatError{"f", "a.b", 12, "it is odd", "mend it"}, `f: tensor "a.b": it is odd (at byte 12): mend it`},
		"no tensor": {FormatError{"f", "", 0, "it is odd", "mend it"}, `f: it is odd (at byte 0): mend it`},
		"no place":  {FormatError{"f", "a", -1, "it is odd", "mend it"}, `f: tensor "a": it is odd: mend it`},
		"no remedy": {FormatError{"f", "a", -1, "it is odd", ""}, `f: tensor "a": it is odd`},
		"a name to trick a terminal": {
			FormatError{"f", "\x1b[2J\u202e../\x00", -1, "it is odd", ""},
			`f: tensor "\x1b[2J\u202e../\x00": it is odd`,
		},
		"a long name": {
			FormatError{"f", repeat("é", 101), -1, "it is odd", ""},
			`f: tensor "` + repeat("é", 100) + `"…: it is odd`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.err.Error(); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
