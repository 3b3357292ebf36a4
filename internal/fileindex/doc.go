// Package fileindex remembers the SHA-256 of files, and of named ranges of
// bytes within them, so that a file that has not changed is not hashed again.
//
// A file counts as unchanged if stat gives the same device, inode, size,
// modification time and time of the inode's last change (ctime) as when the file
// was hashed. Two more rules prevent a change from going unseen:
//
//   - The file must not have changed while it was hashed. The stat is of the open
//     file, before and after, and a difference is an error.
//   - The file must have last changed at least 2 s before the index was opened,
//     and so before its hashing began. A file system's times go in steps (2 s on
//     FAT, a few milliseconds on ext4): a file that is written, hashed and written
//     again within one step has one time for both contents. Git calls such
//     entries racy. A file that is so young is hashed, but not remembered.
//
// The time of the opening is the file system's: what it gives to a file that is
// then created in the index's folder.
//
// A change that stat cannot show is not seen: that of a program that has the file
// mapped into its memory, and writes to it while the system defers the new time;
// or, on Windows, where only size and modification time are known, of a file whose
// time is set back to what it was.
//
// A record that is damaged, foreign or missing only means that a file is hashed
// again, and so does a folder that cannot be written. The package knows nothing
// of LoRA, nor of any file format.
package fileindex
