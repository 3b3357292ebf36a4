package adapter

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
)

// NameList is a JSON list of names, one string (a regular expression, or
// "all-linear"), or null.
type NameList struct {
	Names []string
	Regex string
}

// UnmarshalJSON accepts the three shapes PEFT writes.
func (l *NameList) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &l.Regex)
	}
	return json.Unmarshal(data, &l.Names)
}

// number is a JSON number. null, which encoding/json passes over, is none: an α that
// is not there must not become a default in silence.
type number float64

// UnmarshalJSON refuses all but numbers.
func (n *number) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return errors.New("must be a number, not null")
	}
	return inWords(json.Unmarshal(data, (*float64)(n)))
}

// whole is a JSON number without a fraction: some tools write 8 as 8.0.
type whole int

// UnmarshalJSON refuses fractions, and what is too large to be counted.
func (w *whole) UnmarshalJSON(data []byte) error {
	var n number
	if err := n.UnmarshalJSON(data); err != nil {
		return err
	}
	if float64(n) != math.Trunc(float64(n)) || math.Abs(float64(n)) > math.MaxInt32 {
		return fmt.Errorf("must be a whole number, not %s", data)
	}
	*w = whole(n)
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
