// Package printable makes text from files harmless for whoever looks at it: on a terminal,
// in an editor or in a browser.
package printable
