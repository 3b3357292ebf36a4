package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// answer is a response that is no redirect, or one that was not to be followed.
type answer struct {
	*http.Response
	home bool // it comes from the endpoint's host
	sent bool // with the token
}

// close leaves the connection usable where little is left of the response.
func (a *answer) close() {
	_, _ = io.CopyN(io.Discard, a.Body, 4<<10)
	_ = a.Body.Close()
}

// request is what is asked of the hub.
type request struct {
	method string
	url    *url.URL
	offset int64 // of the first byte that is wanted
	stay   bool  // not to follow redirects to other hosts
}

const mostRedirects = 10

// follow sends a request, and follows redirects.
func (c *Client) follow(ctx context.Context, r request) (*answer, error) {
	home, at := true, r.url
	for range mostRedirects {
		q, err := http.NewRequestWithContext(ctx, r.method, at.String(), nil)
		if err != nil {
			return nil, errors.New("the hub's address can't be written")
		}
		q.Header.Set("User-Agent", c.Agent)
		q.Header.Set("Accept-Encoding", "identity")
		if r.offset > 0 {
			q.Header.Set("Range", fmt.Sprintf("bytes=%d-", r.offset))
		}
		// Once a redirect has led elsewhere, the token stays at home, wherever the next one leads.
		home = home && sameHost(at, c.endpoint)
		if home && c.token.secret != "" {
			q.Header.Set("Authorization", "Bearer "+c.token.secret)
		}
		response, err := c.Transport.RoundTrip(q)
		if err != nil {
			return nil, unreachable(at, err)
		}
		a := &answer{response, home, home && c.token.secret != ""}
		location := response.Header.Get("Location")
		if response.StatusCode < 300 || response.StatusCode > 399 || location == "" {
			return a, nil
		}
		next, err := at.Parse(location)
		if err == nil && r.stay && !sameHost(next, c.endpoint) {
			return a, nil
		}
		a.close()
		if err != nil || next.Host == "" || next.Scheme != "https" && (next.Scheme != "http" || c.endpoint.Scheme == "https") {
			return nil, fmt.Errorf("%s redirects to an address that is not followed", at.Host)
		}
		if next.User = nil; next.RawQuery == "" {
			next.RawQuery = r.url.RawQuery // which the redirect of a renamed repository may leave out
		}
		at = next
	}
	return nil, fmt.Errorf("%s redirects more than %d times", r.url.Host, mostRedirects)
}

// sameHost reports whether two addresses have the scheme, host and port in common.
func sameHost(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" || u.Scheme != "https" && u.Scheme != "http" {
		return p
	}
	return map[string]string{"https": "443", "http": "80"}[u.Scheme]
}

// ErrUnreachable is within the error of a connection that could not be made, or broke.
var ErrUnreachable = errors.New("can't be reached")

// unreachable names the host alone: the rest of an address may be signed.
func unreachable(at *url.URL, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s %w: %w", at.Host, ErrUnreachable, err)
}

// isLasting reports whether another attempt would fail as well.
func isLasting(err error) bool {
	var untrusted *tls.CertificateVerificationError
	var name *net.DNSError
	return !errors.Is(err, ErrUnreachable) || errors.As(err, &untrusted) || errors.As(err, new(x509.UnknownAuthorityError)) || errors.As(err, &name) && name.IsNotFound
}

// send sends a request, again where that may help. What it returns may be an answer of any other
// status.
func (c *Client) send(ctx context.Context, r request) (*answer, error) {
	for attempt := 1; ; attempt++ {
		a, err := c.follow(ctx, r)
		if ctx.Err() != nil {
			if err == nil {
				a.close()
			}
			return nil, context.Cause(ctx)
		}
		var wait time.Duration
		var why string
		switch {
		case errors.Is(err, ErrUnreachable) && (isLasting(err) || attempt == mostAttempts):
			return nil, fmt.Errorf("%w; HTTPS_PROXY can name a proxy, and HF_ENDPOINT another hub", err)
		case err != nil && isLasting(err):
			return nil, err
		case err != nil:
			wait, why = pause(attempt), err.Error()
		case !isPassing(a.StatusCode):
			return a, nil
		default:
			wait, why = c.waitFor(a, attempt), fmt.Sprintf("%s answers %s", a.Request.URL.Host, status(a.StatusCode))
			a.close()
			if attempt == mostAttempts || wait > longestWait {
				return nil, busy(why, wait)
			}
		}
		if err := c.wait(ctx, why, wait); err != nil {
			return nil, err
		}
	}
}

func (c *Client) wait(ctx context.Context, why string, wait time.Duration) error {
	if c.Waiting != nil {
		c.Waiting(why, wait)
	}
	return c.Sleep(ctx, wait)
}

// status is a status in words.
func status(code int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
}

func busy(why string, wait time.Duration) error {
	if wait > longestWait {
		return fmt.Errorf("%s, and asks to wait %v: fetch again later", why, wait)
	}
	return fmt.Errorf("%s, %d times in a row: fetch again later", why, mostAttempts)
}
