package hub

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
)

// Environment is what the hub's libraries take from the environment's variables.
type Environment struct {
	// Get is os.Getenv.
	Get func(name string) string
	// Home is the user's folder, for ~; empty if there is none.
	Home string
}

// OfProcess is the environment of this process.
func OfProcess() Environment {
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	return Environment{os.Getenv, home}
}

// Cache is the folder that the libraries keep what they download in.
func (e Environment) Cache() Cache {
	return Cache(e.path(cmp.Or(e.Get("HF_HUB_CACHE"), e.Get("HUGGINGFACE_HUB_CACHE"), filepath.Join(e.libraries(), "hub"))))
}

// TokenFile is where `hf auth login` leaves the token.
func (e Environment) TokenFile() string {
	return e.path(cmp.Or(e.Get("HF_TOKEN_PATH"), filepath.Join(e.libraries(), "token")))
}

// libraries is the folder of all that the libraries keep.
func (e Environment) libraries() string {
	return e.path(cmp.Or(e.Get("HF_HOME"), filepath.Join(cmp.Or(e.Get("XDG_CACHE_HOME"), filepath.Join("~", ".cache")), "huggingface")))
}

// path expands ~ and variables in a path. What is not set stays as it is written.
func (e Environment) path(text string) string {
	if rest, found := strings.CutPrefix(text, "~"); found && e.Home != "" && (rest == "" || os.IsPathSeparator(rest[0])) {
		text = e.Home + rest
	}
	return filepath.Clean(os.Expand(text, func(name string) string {
		return cmp.Or(e.Get(name), "$"+name)
	}))
}

// Is reports whether a variable is switched on, by the words that the libraries know.
func (e Environment) Is(name string) bool {
	switch strings.ToUpper(e.Get(name)) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}
