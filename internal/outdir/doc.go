// Package outdir writes a folder next to its target and replaces the target by it in one step:
// a reader sees the old folder or the new one, never a partial one.
//
// What a run needs lies in one work folder next to the target, hence on the same file system:
//
//	out/
//	  dev-assistant/                      the target
//	  .dev-assistant.loramerge-2718281/   the work folder
//	    lock                              held as long as the run lasts
//	    new/                              what is being written
//	    old/                              the former target, where the system cannot exchange two folders
//
// [Dir.Commit] syncs new and exchanges it with the target (renameat2 with RENAME_EXCHANGE on Linux).
// Elsewhere the target moves to old before new moves in; in between a reader finds no folder, but never
// a partial one. Any number of runs may commit to one target at once: each succeeds, the last one stays.
//
// The lock is the first thing in a work folder and the last thing out. So [Sweep] can distinguish what a
// crashed run left (the lock is free) from what a live run is writing (it is held). A folder without a lock is
// empty, or it is not ours.
//
// [WriteFile] does the same for a single file.
//
// The package knows nothing of adapters or of file formats, and it does not ask whether the folder that
// it replaces is worth keeping.
package outdir
