package client

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/hub"
	"github.com/loramerge/loramerge/internal/printable"
)

const (
	logIn    = "set HF_TOKEN, or log in with `hf auth login`"
	disabled = "Access to this resource is disabled."
	badToken = "Invalid credentials in Authorization header"
)

// refusal is the error of an answer that is not what was asked for. The hub gives the reason in a
// header; without a token it does not say whether a repository exists.
func (c *Client) refusal(a *answer, r hub.Reference, file string) error {
	code, text := a.Header.Get("X-Error-Code"), a.Header.Get("X-Error-Message")
	page := c.Endpoint() + "/" + r.ID()
	switch {
	case strings.HasPrefix(text, badToken):
		return fault.New("the hub does not know the token that %s has", c.token.from).Mend("set HF_TOKEN to a token that is valid, or log in again with `hf auth login`")
	case text == disabled:
		return fault.New("the hub has disabled %s", r.ID()).Mend("use another adapter: " + page + " may say why")
	case code == "GatedRepo" && !a.sent:
		return fault.New("%s is gated: its owner asks who downloads it", r.ID()).Mend("accept its conditions at " + page + ", and " + logIn)
	case code == "GatedRepo":
		return fault.New("%s is gated, and the token that %s has gives no access", r.ID(), c.token.from).
			Mend("ask for access at " + page + "; a fine-grained token must also be allowed to read gated repositories")
	case code == "RevisionNotFound":
		return fault.New("%s has no revision %q", r.ID(), r.Asked()).Mend("name a branch, a tag or a commit that it has: see " + page + "/tree/main")
	case code == "EntryNotFound":
		return fault.New("%s has no file %s", r, file).Mend("see which files it has: " + page + "/tree/main")
	case a.StatusCode == http.StatusUnauthorized && !a.sent:
		return fault.New("%s does not exist, or is private: without a token the hub does not say which", r.ID()).Mend("check the name; for a private one, " + logIn)
	case a.StatusCode == http.StatusUnauthorized || a.StatusCode == http.StatusForbidden:
		return fault.New("the token that %s has may not read %s", c.token.from, r.ID()).Mend("use a token that may, or ask its owner for access")
	case a.StatusCode == http.StatusNotFound && a.sent:
		return fault.New("%s does not exist, or the token that %s has may not see it", r.ID(), c.token.from).Mend("check the name, and with `hf auth whoami` whose token it is")
	case a.StatusCode == http.StatusNotFound:
		return fault.New("%s does not exist at %s", r.ID(), c.Endpoint()).Mend("check the name")
	}
	said := ""
	if text != "" {
		said = ": " + printable.Line(fault.Quote(text))
	}
	return fmt.Errorf("%s answers %s for %s%s", a.Request.URL.Host, status(a.StatusCode), r, said)
}
