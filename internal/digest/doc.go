// Package digest hashes complete descriptions: everything that a result depends on, field by
// field, so that two results of one digest are the same. testdata/digests/names.py computes
// the same digests independently.
package digest
