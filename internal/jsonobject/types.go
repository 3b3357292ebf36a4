package jsonobject

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
)

// Number is a JSON number. null, which encoding/json passes over, is none: a scale that
// is not there must not become a default in silence.
type Number float64

// UnmarshalJSON refuses all but numbers.
func (n *Number) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return errors.New("must be a number, not null")
	}
	return inWords(json.Unmarshal(data, (*float64)(n)))
}

// Whole is a JSON number without a fraction: some tools write 8 as 8.0.
type Whole int

// UnmarshalJSON refuses fractions, and what is too large to be counted.
func (w *Whole) UnmarshalJSON(data []byte) error {
	var n Number
	if err := n.UnmarshalJSON(data); err != nil {
		return err
	}
	if float64(n) != math.Trunc(float64(n)) || math.Abs(float64(n)) > math.MaxInt32 {
		return fmt.Errorf("must be a whole number, not %s", data)
	}
	*w = Whole(n)
	return nil
}

// inWords says of a value of the wrong type what it must be, where encoding/json names
// a type of Go.
func inWords(err error) error {
	typed, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return err
	}
	return fmt.Errorf("must be %s, not %s", kindWords[typed.Type.Kind()], typed.Value)
}

var kindWords = map[reflect.Kind]string{
	reflect.Float64: "a number", reflect.String: "a text", reflect.Bool: "true or false", reflect.Slice: "a list of names", reflect.Map: "an object",
}

// Value is what a part of a JSON text that was read before holds; nil if it is absent.
func Value(raw json.RawMessage) any {
	var value any
	if raw != nil && json.Unmarshal(raw, &value) != nil {
		panic("jsonobject: a field that is not JSON")
	}
	return value
}

// IsSet reports whether a JSON value is anything but null, false, zero or empty.
func IsSet(raw json.RawMessage) bool {
	switch value := Value(raw).(type) {
	case nil:
		return false
	case bool:
		return value
	case float64:
		return value != 0
	case string:
		return value != ""
	case []any:
		return len(value) > 0
	case map[string]any:
		return len(value) > 0
	}
	return true
}

// Shorten puts a JSON value on one line of bounded length.
func Shorten(raw json.RawMessage) string {
	const most = 60
	text := strings.Join(strings.Fields(string(raw)), " ")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
