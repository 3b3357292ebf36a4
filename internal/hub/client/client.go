// Package client downloads adapters from the Hugging Face Hub, or from a server that behaves like
// it, into the local cache of the Hub's libraries. It is the one package of this program that
// makes connections, and serves one command: fetch.
//
// Three calls suffice for an adapter: the commit of a revision with its list of files, and the
// content of each of two files. What is downloaded is compared with the hash that the hub has for
// it before it gets its name.
package client

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/hub"
)

// Options are what a Client depends on.
type Options struct {
	Environment hub.Environment
	Agent       string // what the program is called in requests
	// Transport is nil for one that uses the proxies that the environment's variables name.
	Transport http.RoundTripper
	Now       func() time.Time
	// Sleep waits, unless the context ends before.
	Sleep func(context.Context, time.Duration) error
	// Progress is called with how much of a file is there, first with what an earlier download has left; nil
	// for nobody.
	Progress func(file string, done, size int64)
	// Waiting is called before Sleep, with the reason; nil for nobody.
	Waiting func(why string, wait time.Duration)
}

// Client downloads from one hub.
type Client struct {
	Options
	endpoint *url.URL // without a slash at the end
	token    token
	cache    hub.Cache
	copied   bool // files are copied into snapshots, since links are switched off
}

const defaultEndpoint = "https://huggingface.co"

// New reads the environment's variables. It makes no connection.
func New(o Options) (*Client, error) {
	for _, name := range []string{"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"} {
		if o.Environment.Is(name) {
			return nil, fault.New("%s is set, so nothing is downloaded", name).Mend("unset it for this command, or fetch on another machine and copy the cache, with its links")
		}
	}
	endpoint, err := endpointOf(o.Environment.Get("HF_ENDPOINT"))
	if err != nil {
		return nil, err
	}
	token, err := tokenOf(o.Environment)
	if err != nil {
		return nil, err
	}
	if o.Transport == nil {
		o.Transport = transport(o.Now)
	}
	cache := o.Environment.Cache()
	if err := cache.Check(); err != nil {
		return nil, err
	}
	return &Client{Options: o, endpoint: endpoint, token: token, cache: cache, copied: o.Environment.Is("HF_HUB_DISABLE_SYMLINKS")}, nil
}

// endpointOf reads where the hub is; it may be below a path of its host.
func endpointOf(text string) (*url.URL, error) {
	if text == "" {
		text = defaultEndpoint
	}
	endpoint, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || endpoint.Host == "" || endpoint.Scheme != "https" && endpoint.Scheme != "http" || endpoint.RawQuery != "" || endpoint.Fragment != "" {
		return nil, fault.New("HF_ENDPOINT is no address of a hub").Mend("set it to one such as " + defaultEndpoint + ", or unset it")
	}
	return endpoint, nil
}

// Endpoint is where the hub is.
func (c *Client) Endpoint() string { return c.endpoint.Redacted() }

const (
	connectTimeout = 30 * time.Second
	// stallTimeout is how long a connection may be silent.
	stallTimeout = 60 * time.Second
)

// transport gives up connections that have stalled.
func transport(now func() time.Time) http.RoundTripper {
	dialer := &net.Dialer{Timeout: connectTimeout}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			connection, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &impatient{connection, now}, nil
		},
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: stallTimeout,
		DisableCompression:    true,
		ForceAttemptHTTP2:     true,
	}
}

// impatient is a connection on which a read fails when nothing comes for too long.
type impatient struct {
	net.Conn
	now func() time.Time
}

// Read implements net.Conn.
func (c *impatient) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(c.now().Add(stallTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}
