package reportpage

import (
	"bytes"
	"strings"
)

// Known tells by a file's first bytes whether Write has written it.
func Known(head []byte) bool { return bytes.Contains(head, []byte(generator)) }

// generator is the page's element that names the program, up to its version.
var generator = func() string {
	before, _, _ := strings.Cut(pageText, "{{.Version}}")
	return before[strings.LastIndexByte(before, '\n'):]
}()
