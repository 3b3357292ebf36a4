// Package onefile reads adapters that are one safetensors file without a configuration: pairs of
// factors and, beside some of them, a tensor with their alpha. The programs of image models store
// them so, each with names of its own for the tensors, which are their formats' business.
package onefile
