//go:build !amd64 || noasm

package givens

func chain(x, c, s []float64) { portable(x, c, s) }
