package gemm

// kernel multiplies tileRows rows of a, lda elements apart, with a packed panel
// b of k rows, and sets or adds the tile to c, whose rows are ldc elements
// apart. k is positive.
type kernel[T Float] func(k int, a []T, lda int, b, c []T, ldc int, add bool)

// portable is the kernel in Go. The conversions around the products forbid the
// compiler to fuse them with the sums, which it may on some processors only.
func portable[T Float](k int, a []T, lda int, b, c []T, ldc int, add bool) {
	nr := panelCols[T]()
	for i := 0; i < tileRows; i += 2 {
		a0, a1 := a[i*lda:][:k], a[(i+1)*lda:][:k]
		for j := 0; j < nr; j += 4 {
			sums := twoByFour(a0, a1, b[j:], nr)
			putSums(c[i*ldc+j:], sums[:4], add)
			putSums(c[(i+1)*ldc+j:], sums[4:], add)
		}
	}
}

// twoByFour is as much of a tile as most processors' scalar registers hold.
func twoByFour[T Float](a0, a1, b []T, nr int) [8]T {
	var s00, s01, s02, s03, s10, s11, s12, s13 T
	a1 = a1[:len(a0)]
	for l, x := range a0 {
		y, v := a1[l], b[l*nr:l*nr+4]
		s00 += T(x * v[0])
		s01 += T(x * v[1])
		s02 += T(x * v[2])
		s03 += T(x * v[3])
		s10 += T(y * v[0])
		s11 += T(y * v[1])
		s12 += T(y * v[2])
		s13 += T(y * v[3])
	}
	return [8]T{s00, s01, s02, s03, s10, s11, s12, s13}
}

func putSums[T Float](c, sums []T, add bool) {
	for j, s := range sums {
		if add {
			s += c[j]
		}
		c[j] = s
	}
}
