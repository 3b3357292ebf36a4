package client

import (
	"net/http"
	"regexp"
	"strconv"
	"time"
)

const (
	mostAttempts = 5
	longestPause = 30 * time.Second
	// longestWait is more than any window of the hub's limits, which are 5 minutes.
	longestWait = 10 * time.Minute
)

// isPassing reports whether a status may be another one soon.
func isPassing(code int) bool {
	return code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500
}

// pause is 1 s after the first attempt, and twice as long after each of the next.
func pause(attempt int) time.Duration { return min(time.Second<<(attempt-1), longestPause) }

// rateLimit is the header of an answer for too many requests, "api";r=0;t=55: t is the seconds until the
// window ends. https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
var rateLimit = regexp.MustCompile(`(?:^|[;\s])t=([0-9]{1,9})(?:$|[;,\s])`)

// waitFor is how long an answer asks to wait, or else the pause of the attempt.
func (c *Client) waitFor(a *answer, attempt int) time.Duration {
	if found := rateLimit.FindStringSubmatch(a.Header.Get("RateLimit")); found != nil && a.StatusCode == http.StatusTooManyRequests {
		return max(seconds(found[1]), time.Second)
	}
	after := a.Header.Get("Retry-After")
	if at, err := http.ParseTime(after); err == nil {
		return max(at.Sub(c.Now()), time.Second)
	}
	if d := seconds(after); d > 0 {
		return d
	}
	return pause(attempt)
}

// seconds reads a whole number of them; 0 where there is none.
func seconds(text string) time.Duration {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}
