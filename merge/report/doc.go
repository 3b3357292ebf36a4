// Package report finds out what a merge did to its adapters: how alike they are, where they
// conflict, and what each stage kept and lost. What needs the output and the inputs alone is
// measured from their tensors; what lay between is computed again (run.Retrace). The page
// that shows it is in internal/reportpage.
package report
