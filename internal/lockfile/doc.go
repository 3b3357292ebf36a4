// Package lockfile knows the lock of a recipe by its text.
package lockfile
