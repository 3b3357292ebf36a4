//go:build !amd64 || noasm

package kernels

func fastest() class { return portable }
