// Package realpath tells where relative paths lead when the current folder was reached
// through a symbolic link. A shell then believes to be at the link ($PWD), and `..` by
// its letters leads to another folder than the system's.
package realpath
