// Package recipetext writes the parts of a recipe that a program makes: names and
// texts. It does not know what recipes mean; package recipe reads them.
package recipetext
