package results

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// words puts the bare words NaN, Infinity and -Infinity in quotes, which Python's writer leaves
// in JSON though RFC 8259 forbids them. Texts stay as they are.
func words(data []byte) []byte {
	if !bytes.Contains(data, []byte("NaN")) && !bytes.Contains(data, []byte("Infinity")) {
		return data
	}
	var out []byte
	inside := false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inside && c == '\\' && i+1 < len(data):
			out = append(out, c, data[i+1])
			i++
			continue
		case c == '"':
			inside = !inside
		case !inside && (c == 'N' || c == 'I' || c == '-'):
			if word := bare(data[i:]); word != "" {
				out = append(append(append(out, '"'), word...), '"')
				i += len(word) - 1
				continue
			}
		}
		out = append(out, data[i])
	}
	return out
}

func bare(data []byte) string {
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(data, []byte(word)) {
			return word
		}
	}
	return ""
}

// number is a score in JSON: a number, a truth value, or a number written as text, as
// Python's writer does with what it does not know, such as a float32 of numpy. ok is false
// for everything else. NaN and Infinity are numbers here.
func number(raw []byte) (value float64, ok bool) {
	text := strings.TrimSpace(string(raw))
	switch text {
	case "true":
		return 1, true
	case "false":
		return 0, true
	}
	if unquoted, err := strconv.Unquote(text); err == nil && strings.HasPrefix(text, `"`) {
		text = strings.TrimSpace(unquoted)
	}
	if text == "" || strings.ContainsAny(text, "xX_pP") { // Go's own notations
		return 0, false
	}
	value, err := strconv.ParseFloat(text, 64)
	return value, err == nil || math.IsInf(value, 0)
}
