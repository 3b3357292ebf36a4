// Package cache keeps results on disk: a digest leads to a content hash, and
// that to bytes.
//
//	dir/names/ab/ab12…     an entry: the digest, the SHA-256 and the size of the bytes
//	dir/contents/9f/9f34…  the bytes, in a file that is called by their SHA-256
//
// The digest is that of a complete description of a result: whatever could
// change the result has to be part of it. Two digests may lead to one content,
// which is then stored once.
//
// Both levels are verified whenever they are read, and whatever is bad, cut
// short, foreign or missing is a miss: the caller computes the result again,
// and Put replaces what was bad. A file is written under another name and then
// renamed, so that it is there whole or not at all. That is why several
// processes need no locks: the worst that one does to another is a miss.
//
// The contents' modification times show when they were last used, for Trim. All
// times are the file system's: the package doesn't read the machine's clock.
//
// The hashes guard against damage, not against malice: whoever may write to the
// folder can make up results. What Open makes is therefore the user's alone.
//
// Packages merge/plan and merge/run say what a digest is made of and which results
// are worth keeping. This package knows nothing of LoRA.
package cache
