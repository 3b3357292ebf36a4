// Package docs holds those pages of this folder that the program can print.
package docs

import _ "embed" // for the pages

// Errors is errors.md.
//
//go:embed errors.md
var Errors string
