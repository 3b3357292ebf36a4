// Package regular reads regular files and nothing else: opening a named pipe waits for
// somebody to write to it, and a device such as /dev/zero never ends. Links are followed.
package regular
