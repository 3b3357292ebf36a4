package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/hub"
)

// errOther is that of content that is not what the hub's list says.
var errOther = errors.New("what comes does not have the hash that the hub says")

// download completes a part. Attempts count as long as none brings anything.
func (c *Client) download(ctx context.Context, r hub.Reference, commit string, p *part) error {
	from, wrong := c.content(r, commit, p.Path), 0
	for attempt := 1; ; attempt++ {
		before := p.done
		var err error
		if p.done < p.Size {
			err = c.ask(ctx, from, r.At(commit), p)
		}
		if errors.Is(err, errTooMuch) || p.done == p.Size {
			if whole, err := p.finish(); whole || err != nil {
				return err
			}
			// What was there before may have been another's, or damaged on its way.
			if wrong++; wrong > 1 {
				return errOther
			}
			if err := p.restart(); err != nil {
				return err
			}
			continue
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !errors.Is(err, errBroken):
			return err
		case p.done > before:
			attempt = 1
		case attempt == mostAttempts:
			return err
		}
		if err := c.wait(ctx, err.Error(), pause(attempt)); err != nil {
			return err
		}
	}
}

// errBroken is within the error of a transfer that may go on where it ended.
var errBroken = errors.New("the transfer broke off")

// ask asks for the rest of a part, once, and takes what comes.
func (c *Client) ask(ctx context.Context, from *url.URL, r hub.Reference, p *part) error {
	a, err := c.send(ctx, request{method: http.MethodGet, url: from, offset: p.done})
	if err != nil {
		return err
	}
	defer func() { _ = a.Body.Close() }() // what is left of it is not wanted
	switch {
	case a.StatusCode == http.StatusPartialContent && startsAt(a.Header.Get("Content-Range"), p.done):
	case a.StatusCode == http.StatusOK, a.StatusCode == http.StatusPartialContent, a.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		// All of it comes, or a range that nobody asked for, or the part does not fit.
		if err := p.restart(); err != nil {
			p.disk = err
			return err
		}
		if a.StatusCode != http.StatusOK {
			return fmt.Errorf("%w: %s has other bytes to give", errBroken, a.Request.URL.Host)
		}
	case a.home:
		return c.refusal(a, r, p.Path)
	default: // the address has run out, and the hub gives another
		return fmt.Errorf("%w: %s answers %s", errBroken, a.Request.URL.Host, status(a.StatusCode))
	}
	told := func(done int64) {
		if c.Progress != nil {
			c.Progress(p.Path, done, p.Size)
		}
	}
	if err := p.take(a.Body, told); err != nil && p.disk == nil && !errors.Is(err, errTooMuch) {
		return fmt.Errorf("%w at byte %d of %d: %w", errBroken, p.done, p.Size, err)
	} else if err != nil {
		return err
	}
	if p.done < p.Size {
		return fmt.Errorf("%w at byte %d of %d: %w", errBroken, p.done, p.Size, io.ErrUnexpectedEOF)
	}
	return nil
}

// startsAt reports whether a range, "bytes 1000-1999/2000", starts at a byte.
func startsAt(text string, offset int64) bool {
	first, _, ok := strings.Cut(strings.TrimPrefix(text, "bytes "), "-")
	at, err := strconv.ParseInt(first, 10, 64)
	return ok && err == nil && at == offset
}
