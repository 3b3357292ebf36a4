package peft

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/loramerge/loramerge/adapter"
)

func TestParseBase(t *testing.T) {
	for text, want := range map[string]adapter.Base{
		"":                     {},
		"gpt2":                 {Name: "gpt2"},
		"org/model@abc123":     {Name: "org/model", Revision: "abc123"},
		"org/model@refs/pr/3":  {Name: "org/model", Revision: "refs/pr/3"},
		"org/model@":           {Name: "org/model@"},
		"@abc":                 {Name: "@abc"},
		"/home/me@host/model":  {Name: "/home/me@host/model"},
		"./models/llama@2":     {Name: "./models/llama@2"},
		"~/models/llama@2":     {Name: "~/models/llama@2"},
		`D:\models\llama@2`:    {Name: `D:\models\llama@2`},
		"org/model@a@b":        {Name: "org/model@a", Revision: "b"},
		"../models/llama@main": {Name: "../models/llama@main"},
	} {
		if got := adapter.ParseBase(text); got != want {
			t.Errorf("%q is read as %+v, not %+v", text, got, want)
		}
	}
}

// PEFT loads the default branch for null, "" and "main".
func TestRevisionOfConfig(t *testing.T) {
	name := "gpt2"
	for raw, want := range map[string]string{`null`: "gpt2", `""`: "gpt2", `"main"`: "gpt2", `"abc123"`: "gpt2@abc123"} {
		c := &Config{Base: &name, Raw: rawFields{"revision": json.RawMessage(raw)}}
		if got := c.BaseModel().String(); got != want {
			t.Errorf("revision %s makes %q, not %q", raw, got, want)
		}
	}
}

// A revision that a recipe vouches for stands in the configuration; else the one on which
// the inputs agree.
func TestMergedRevision(t *testing.T) {
	of := func(revision string) *adapter.Adapter {
		return inputOf(t, fmt.Sprintf(`{"revision": %q}`, revision))
	}
	for _, c := range []struct {
		inputs []*adapter.Adapter
		base   adapter.Base
		want   any
	}{
		{[]*adapter.Adapter{of("abc"), of("def")}, adapter.Base{Name: "m", Revision: "abc"}, "abc"},
		{[]*adapter.Adapter{of("abc"), of("abc")}, adapter.Base{Name: "m"}, "abc"},
		{[]*adapter.Adapter{of("abc"), of("def")}, adapter.Base{Name: "m"}, nil},
	} {
		text, err := MergedConfig(c.inputs, nil, c.base).JSON()
		var got map[string]any
		if err != nil || json.Unmarshal(text, &got) != nil || got["revision"] != c.want || got["base_model_name_or_path"] != "m" {
			t.Errorf("%+v: %v %v", c.base, got, err)
		}
	}
}
