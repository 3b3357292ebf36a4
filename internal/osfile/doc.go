// Package osfile opens the files that users name, and finds where their paths lead.
//
// It reads regular files and nothing else: opening a named pipe waits for somebody to write to
// it, and a device such as /dev/zero never ends. It knows the pointer files that Git LFS leaves
// instead of large files. And it follows relative paths from where the current folder really
// is: a shell that reached it through a symbolic link has the link in $PWD, and `..`, taken
// literally, then leads elsewhere than the system goes.
package osfile
