// Package compare tells how far two adapters are apart, module by module: cosine, distance
// and opposite signs of their ΔW, which are never made dense as a whole.
package compare
