// Package recipetext knows recipes as text: how names and paths are written, and where a
// file is not YAML. It does not know what recipes mean; package recipe reads them.
package recipetext
