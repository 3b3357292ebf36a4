// Package golden is for tests that compare what comes out with a file that people read:
// `go test -update` writes the file anew, and its diff is what a reviewer looks at.
package golden
