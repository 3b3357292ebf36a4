// Package overwrite decides whether a path may be written, for everything that a command
// writes: the folders of outputs, pages, logs, recipes.
//
// What a command reads, and what its other paths are for, is never overwritten, even if
// that is forced, and by whatever name it is reached: another spelling, a symbolic link,
// a hard link, a second mount. Anything else at the path is replaced if loramerge made
// it, and otherwise only with [Rule.Force]. The writer of a kind of file recognizes its
// own: a folder by the metadata of its weights, a page or a log by how it begins. A recipe
// belongs to its author from the moment it is written.
package overwrite
