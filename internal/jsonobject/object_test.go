package jsonobject_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/loramerge/loramerge/internal/jsonobject"
)

// TestDecode: a value of the wrong type is named with its line and column, within an object too.
func TestDecode(t *testing.T) {
	const text = "{\n  \"name\": \"x\",\n  \"inner\": {\n    \"whole\": 2.5, \"scale\": \"3\", \"none\": null\n  },\n  \"list\": []\n}"
	o, err := jsonobject.Parse("f.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	inner, err := o.Object("inner")
	if err != nil {
		t.Fatal(err)
	}
	var (
		name   string
		whole  jsonobject.Whole
		number jsonobject.Number
	)
	const invalid = ": this is not a valid adapter configuration: "
	for _, c := range []struct {
		of     *jsonobject.Object
		field  string
		target any
		want   string
	}{
		{o, "name", &name, ""}, {o, "absent", &whole, ""}, {o, "Name", &whole, ""},
		{o, "name", &number, "f.json:2:11" + invalid + "name: must be a number, not string; copy it from the adapter's source again"},
		{inner, "whole", &whole, "f.json:4:14" + invalid + "whole: must be a whole number, not 2.5; copy it from the adapter's source again"},
		{inner, "scale", &number, "f.json:4:28" + invalid + "scale: must be a number, not string; copy it from the adapter's source again"},
		{inner, "none", &number, "f.json:4:41" + invalid + "none: must be a number, not null; copy it from the adapter's source again"},
	} {
		err := c.of.Decode(c.field, c.target)
		if got := said(err); got != c.want {
			t.Errorf("%s: %q, want %q", c.field, got, c.want)
		}
	}
	if name != "x" || whole != 0 || number != 0 {
		t.Errorf("decoded %q, %d, %v", name, whole, number)
	}
	for field, want := range map[string]string{"inner": "", "absent": "", "list": "f.json:6:11" + invalid + "list: must be an object; copy it from the adapter's source again"} {
		if _, err := o.Object(field); said(err) != want {
			t.Errorf("object %s: %v", field, err)
		}
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestTwice(t *testing.T) {
	o, err := jsonobject.Parse("f.json", []byte(`{"a": 1, "b": {"c": 1, "c": 2}, "a": 2}`))
	if err == nil || o == nil || string(o.Fields["a"]) != "2" {
		t.Errorf("%v, %v", o, err)
	}
	if _, err := o.Object("b"); err == nil {
		t.Error("a key twice within an object is accepted")
	}
}

func TestAbsent(t *testing.T) {
	if _, err := jsonobject.Read(filepath.Join(t.TempDir(), "f.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestIsSet: what Python takes for false is not set.
func TestIsSet(t *testing.T) {
	for raw, want := range map[string]bool{"": false, "null": false, "false": false, "0": false, "0.0": false, `""`: false, "[]": false, "{}": false,
		"true": true, "1": true, `"x"`: true, "[0]": true, `{"a": null}`: true} {
		var field []byte
		if raw != "" {
			field = []byte(raw)
		}
		if got := jsonobject.IsSet(field); got != want {
			t.Errorf("%s: %v", raw, got)
		}
	}
}
