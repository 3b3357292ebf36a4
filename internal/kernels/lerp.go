package kernels

// Lerp sets dst = x + t·(y − x), the straight line from x (t = 0) to y (t = 1);
// at those two the result has the bits of x or y. dst may be x or y.
func Lerp(dst, x, y []float32, t float32) {
	mustMatch("Lerp", len(dst), len(x), len(y))
	switch t {
	case 0:
		copy(dst, x)
	case 1:
		copy(dst, y)
	default:
		current.lerp(dst, x, y, t)
	}
}

func lerp(dst, x, y []float32, t float32) {
	dst, y = dst[:len(x)], y[:len(x)]
	for i, v := range x {
		dst[i] = v + float32(t*(y[i]-v))
	}
}
