// Package draft writes a recipe that merges adapters as they are: it looks at their headers
// and factors, chooses the space, the rank and what to leave out, and explains each choice in
// the recipe's comments. The recipe has been planned before it is returned.
package draft
