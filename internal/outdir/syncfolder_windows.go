package outdir

// syncFolder does nothing: Windows flushes no folder, NTFS keeps names in its journal.
func syncFolder(path string) error { return nil }
