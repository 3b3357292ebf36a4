// Package overwrite decides whether a path may be written, for everything that a command
// writes: the folders of outputs, pages, logs, recipes.
//
// What a command reads, and what other paths of the same command are for, is kept
// whatever is forced, by whatever name it is reached: another spelling, a symbolic link,
// a hard link, a second mount. What stands there otherwise is replaced if loramerge made
// it, and else with [Rule.Force] alone. Who writes a kind of file knows its own: a folder
// by the metadata of its weights, a page or a log by how it begins. A recipe is its
// author's from the moment it is there.
package overwrite
