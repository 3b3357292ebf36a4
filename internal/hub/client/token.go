package client

import (
	"cmp"
	"errors"
	"io/fs"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/hub"
	"github.com/loramerge/loramerge/internal/osfile"
)

// token is what the hub knows a user by. It is sent to the hub's own host alone, and printed nowhere.
type token struct {
	secret string // empty where there is none
	from   string // the variable or file that has it
}

// longestToken bounds what is read of a token's file.
const longestToken = 4 << 10

// tokenOf finds the user's token as the hub's libraries do.
func tokenOf(e hub.Environment) (token, error) {
	if e.Is("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
		return token{}, nil
	}
	for _, name := range []string{"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"} {
		if secret := strings.TrimSpace(e.Get(name)); secret != "" {
			return token{secret, name}.checked()
		}
	}
	path := e.TokenFile()
	text, err := osfile.ReadUpTo(path, longestToken)
	if errors.Is(err, fs.ErrNotExist) {
		return token{}, nil
	} else if err != nil {
		return token{}, fault.In(path, "the token of the Hub can't be read").Because(err).Mend("check its permissions, or set HF_TOKEN")
	}
	return token{strings.TrimSpace(string(text)), path}.checked()
}

// checked refuses what no header can hold.
func (t token) checked() (token, error) {
	if strings.ContainsFunc(t.secret, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return token{}, fault.New("%s holds no token of the Hub: a token is one word", cmp.Or(t.from, "it")).Mend("set HF_TOKEN to your token, or log in with `hf auth login`")
	}
	return t, nil
}
