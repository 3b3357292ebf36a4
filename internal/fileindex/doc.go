// Package fileindex remembers the SHA-256 of files, and of named ranges of
// bytes within them, so that a file that has not changed is not hashed again.
//
// A file counts as unchanged if what a stat tells of it is what it told when
// the file was hashed: see [ID]. Two more rules keep a change from going unseen:
//
//   - The file must not have changed while it was hashed. Its ID is taken from
//     the open file before and after, and a difference is an error.
//   - The file must have last changed at least 2 s before its hashing began. A
//     file system's times go in steps (2 s on FAT, a few milliseconds on ext4),
//     so that a file which is written, hashed and written again within one step shows
//     one time for both contents. Git calls such entries racy. A file
//     that is so young is hashed, but not remembered.
//
// Now is what the file system says it is: the time that it gives to a file created in
// the index's folder just before the hashing.
//
// What no stat can show is not seen either: a program that has the file mapped
// into its memory and writes to it while the system puts off the new time; and,
// where there is no time of the last change of the inode (Windows), someone who sets a changed
// file's modification time back to what it was.
//
// A record that is damaged, foreign or missing only means that a file is hashed
// again, and so does a folder that cannot be written. The package knows nothing of LoRA, nor of any file format.
package fileindex
