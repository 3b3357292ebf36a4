package kernels

// Scale sets dst = a·x.
func Scale(dst, x []float32, a float32) {
	mustMatch("Scale", len(dst), len(x))
	current.scale(dst, x, a)
}

// AddScaled sets dst = dst + a·x, the product rounded before the addition.
func AddScaled(dst, x []float32, a float32) {
	mustMatch("AddScaled", len(dst), len(x))
	current.addScaled(dst, x, a)
}

// Divide sets dst = x/d. It is not a product with 1/d, which rounds twice.
func Divide(dst, x []float32, d float32) {
	mustMatch("Divide", len(dst), len(x))
	current.divide(dst, x, d)
}

func scale(dst, x []float32, a float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = a * v
	}
}

func addScaled(dst, x []float32, a float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] += float32(a * v)
	}
}

func divide(dst, x []float32, d float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = v / d
	}
}
