package kernels

// classes lists the implementations that this processor can run, the definition
// first.
func classes() []class {
	all := []class{portable}
	if c := fastest(); c.name != portable.name {
		all = append(all, c)
	}
	return all
}
