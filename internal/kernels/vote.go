package kernels

// VotesFrequency sets votes = Σ sign(xᵢ), where ±0 and NaN count 0. It is exact
// for up to 2²⁴ inputs, and its zero is +0. votes must not overlap xs.
func VotesFrequency(votes []float32, xs [][]float32) {
	mustAlign("VotesFrequency", len(votes), xs)
	current.votesFrequency(votes, xs)
}

// Majority returns Σ sign(votes), where ±0 and NaN count 0: the sign of a whole
// tensor, by which the reference code of TIES settles votes of exactly 0.
func Majority(votes []float32) float64 {
	return float64(current.signTotal(votes))
}

// BreakTies sets the votes that are ±0 to sign, which is +1 or −1.
func BreakTies(votes []float32, sign float32) {
	current.breakTies(votes, sign)
}

func (c *class) votesFrequency(votes []float32, xs [][]float32) {
	for start := 0; start < len(votes); start += blockLength {
		end := min(start+blockLength, len(votes))
		clear(votes[start:end])
		for _, x := range xs {
			c.addSigns(votes[start:end], x[start:end])
		}
	}
}

func ones(n int) []float32 {
	ws := make([]float32, n)
	for i := range ws {
		ws[i] = 1
	}
	return ws
}

func addSigns(votes, x []float32) {
	votes = votes[:len(x)]
	for i, v := range x {
		votes[i] += float32(signOf(v))
	}
}

func signTotal(votes []float32) int {
	total := 0
	for _, v := range votes {
		total += signOf(v)
	}
	return total
}

func breakTies(votes []float32, sign float32) {
	for i, v := range votes {
		if v == 0 {
			votes[i] = sign
		}
	}
}

// signOf compiles to conditional moves: random signs would mislead a branch every
// other time.
func signOf(v float32) int {
	sign := 0
	if v > 0 {
		sign = 1
	}
	if v < 0 {
		sign = -1
	}
	return sign
}
