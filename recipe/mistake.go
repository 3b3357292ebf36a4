package recipe

import "github.com/loramerge/loramerge/internal/fault"

// Position is a place in a recipe's file; lines and columns count from 1.
type Position = fault.Position

// Mistake is a Fault in a recipe.
type Mistake = fault.Fault

// Mistakef makes a Fault, as fault.At and Mend do.
func Mistakef(at Position, remedy, format string, args ...any) *fault.Fault {
	return fault.At(at, format, args...).Mend(remedy)
}

// Flatten is fault.List.
func Flatten(err error) []error { return fault.List(err) }
