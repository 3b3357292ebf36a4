package safetensors

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/golden"
)

// refusal is a header, the bytes after it, and what the error must say.
type refusal struct {
	header   string
	dataSize int
	want     string
}

func entry(name, dtype, shape, offsets string) string {
	return `"` + name + `":{"dtype":"` + dtype + `","shape":` + shape + `,"data_offsets":` + offsets + `}`
}

func checkRefused(t *testing.T, tests map[string]refusal) {
	t.Helper()
	gathered := golden.Gather(t, "testdata/"+t.Name()+".golden")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			content := fileBytes(test.header, test.dataSize)
			_, err := readHeader("x", bytes.NewReader(content), int64(len(content)))
			checkFault(t, err, test.want)
			gathered.Add(fmt.Sprintf("%s: %v", name, err))
		})
	}
}

func checkFault(t *testing.T, err error, want string) {
	t.Helper()
	wrong, ok := err.(*fault.Fault)
	switch {
	case !ok:
		t.Errorf("error %v, want a Fault", err)
	case !strings.Contains(err.Error(), want):
		t.Errorf("error %q, want it to say %q", err, want)
	case wrong.File == "" || wrong.Message() == "" || wrong.Remedy == "":
		t.Errorf("error %#v lacks its file, text or remedy", wrong)
	}
}

func TestRefusedJSON(t *testing.T) {
	checkRefused(t, map[string]refusal{
		"array":              {"[]", 0, "not a JSON object (at byte 8)"},
		"string":             {`"{}"`, 0, "not a JSON object"},
		"byte order mark":    {"\ufeff{}", 0, "not a JSON object"},
		"white space":        {"    ", 0, "has its end where '{'"},
		"white space, array": {" []", 0, "has '[' where '{'"},
		"unclosed":           {"{", 0, "has its end where '\"'"},
		"two objects":        {"{}{}", 0, "has '{' after its JSON object (at byte 10)"},
		"NUL padding":        {"{}\x00\x00", 0, `has '\x00' after its JSON object`},
		"trailing comma":     {"{" + entry("a", "U8", "[0]", "[0,0]") + ",}", 0, "has '}' where '\"'"},
		"no comma":           {"{" + entry("a", "U8", "[0]", "[0,0]") + entry("b", "U8", "[0]", "[0,0]") + "}", 0, "has '\"' where ','"},
		"no colon":           {`{"a" {}}`, 0, "where ':'"},
		"comment":            {"{/**/}", 0, "has '/' where"},
		"bare key":           {`{a:{}}`, 0, "has 'a' where"},
		"not UTF-8":          {"{\"a\xff\":{}}", 0, "not UTF-8 (at byte 11)"},
		"surrogate in UTF-8": {"{\"\xed\xa0\x80\":{}}", 0, "not UTF-8"},
		"deeply nested":      {repeat(`{"a":`, 100_000), 0, `unknown key "a"`},
		"nested arrays":      {`{"a":{"dtype":"U8","shape":` + repeat("[", 100_000), 0, "has '[' where a number"},
	})
}

func TestRefusedStrings(t *testing.T) {
	checkRefused(t, map[string]refusal{
		"unterminated":            {`{"a`, 0, "ends within a string"},
		"unterminated escape":     {`{"a\`, 0, "ends within a string"},
		"escape cut short":        {`{"a\u00`, 0, "an escape that is no character (at byte 11)"},
		"escape without digits":   {`{"\u00g0":{}}`, 0, "an escape that is no character"},
		"escape with a sign":      {`{"\u+041":{}}`, 0, "an escape that is no character"},
		"unknown escape":          {`{"\x41":{}}`, 0, "unknown escape, a backslash before 'x'"},
		"lone surrogate":          {`{"\ud83d":{}}`, 0, "an escape that is no character"},
		"low surrogate":           {`{"\ude00":{}}`, 0, "an escape that is no character"},
		"surrogate, no surrogate": {`{"\ud83d\u0041":{}}`, 0, "an escape that is no character"},
		"surrogate, newline":      {`{"\ud83d\n":{}}`, 0, "an escape that is no character"},
		"raw newline":             {"{\"a\nb\":{}}", 0, `control character '\n', unescaped`},
		"raw NUL":                 {"{\"__metadata__\":{\"a\":\"\x00\"}}", 0, `control character '\x00', unescaped`},
	})
}

func TestRefusedNames(t *testing.T) {
	named := func(name string) string { return "{" + entry(name, "U8", "[0]", "[0,0]") + "}" }
	checkRefused(t, map[string]refusal{
		"NUL":             {named(`a\u0000b`), 0, `tensor "a\x00b": the name has a control character at its byte 1`},
		"newline":         {named(`a\n`), 0, `tensor "a\n": the name has a control character`},
		"terminal escape": {named(`\u001b[31m`), 0, `tensor "\x1b[31m": the name has a control character`},
		"delete":          {named("\x7f"), 0, `tensor "\x7f": the name has a control character`},
		"C1":              {named("\u009b31m"), 0, `tensor "\u009b31m": the name has a control character`},
		"twice":           {"{" + entry("a", "U8", "[0]", "[0,0]") + "," + entry(`\u0061`, "U8", "[1]", "[0,1]") + "}", 1, `two tensors are named "a"`},
		"empty, twice":    {"{" + entry("", "U8", "[0]", "[0,0]") + "," + entry("", "U8", "[1]", "[0,1]") + "}", 1, `two tensors are named ""`},
		"long":            {named(repeat("a", 1000) + `\n`), 0, `tensor "` + repeat("a", 200) + `"…: the name`},
	})
}

func TestRefusedMetadata(t *testing.T) {
	checkRefused(t, map[string]refusal{
		"null":        {`{"__metadata__":null}`, 0, "has 'n' where '{', __metadata__, is expected"},
		"list":        {`{"__metadata__":["a"]}`, 0, "has '[' where '{'"},
		"number":      {`{"__metadata__":{"a":1}}`, 0, "has '1' where '\"'"},
		"object":      {`{"__metadata__":{"a":{}}}`, 0, "has '{' where '\"'"},
		"value null":  {`{"__metadata__":{"a":null}}`, 0, "has 'n' where '\"'"},
		"twice":       {`{"__metadata__":{},"__metadata__":{}}`, 0, "has __metadata__ twice"},
		"a key twice": {`{"__metadata__":{"\u001b":"1","\u001b":"2"}}`, 0, `has the key "\x1b" twice`},
	})
}
