// Package printable makes text out of files harmless for who looks at it: on a terminal,
// in an editor or in a browser.
package printable
