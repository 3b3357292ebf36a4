package hub_test

import (
	"path/filepath"
	"testing"

	"github.com/loramerge/loramerge/internal/hub"
)

// TestEnvironment: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
func TestEnvironment(t *testing.T) {
	for _, c := range []struct {
		set          map[string]string
		cache, token string
	}{
		{nil, "/home/x/.cache/huggingface/hub", "/home/x/.cache/huggingface/token"},
		{map[string]string{"XDG_CACHE_HOME": "/xdg"}, "/xdg/huggingface/hub", "/xdg/huggingface/token"},
		{map[string]string{"XDG_CACHE_HOME": "/xdg", "HF_HOME": "/data/hf/"}, "/data/hf/hub", "/data/hf/token"},
		{map[string]string{"HF_HOME": "~/hf"}, "/home/x/hf/hub", "/home/x/hf/token"},
		{map[string]string{"HF_HOME": "~"}, "/home/x/hub", "/home/x/token"},
		{map[string]string{"HF_HOME": "~other/hf"}, "~other/hf/hub", "~other/hf/token"},
		{map[string]string{"HF_HOME": "$SCRATCH/${WHO}/hf", "SCRATCH": "/scratch", "WHO": "me"}, "/scratch/me/hf/hub", "/scratch/me/hf/token"},
		{map[string]string{"HF_HOME": "/a/$UNSET/hf"}, "/a/$UNSET/hf/hub", "/a/$UNSET/hf/token"},
		{map[string]string{"HF_HOME": "/hf", "HUGGINGFACE_HUB_CACHE": "/old"}, "/old", "/hf/token"},
		{map[string]string{"HF_HOME": "/hf", "HUGGINGFACE_HUB_CACHE": "/old", "HF_HUB_CACHE": "~/new"}, "/home/x/new", "/hf/token"},
		{map[string]string{"HF_TOKEN_PATH": "~/secret"}, "/home/x/.cache/huggingface/hub", "/home/x/secret"},
	} {
		e := hub.Environment{Get: func(name string) string { return c.set[name] }, Home: filepath.FromSlash("/home/x")}
		if got := filepath.ToSlash(string(e.Cache())); got != c.cache {
			t.Errorf("%v: the cache is %s, want %s", c.set, got, c.cache)
		}
		if got := filepath.ToSlash(e.TokenFile()); got != c.token {
			t.Errorf("%v: the token's file is %s, want %s", c.set, got, c.token)
		}
	}
}

func TestIs(t *testing.T) {
	for value, want := range map[string]bool{"1": true, "on": true, "Yes": true, "TRUE": true, "": false, "0": false, "no": false, "2": false} {
		e := hub.Environment{Get: func(name string) string { return map[string]string{"HF_HUB_OFFLINE": value}[name] }}
		if e.Is("HF_HUB_OFFLINE") != want {
			t.Errorf("%q: want %v", value, want)
		}
	}
}
