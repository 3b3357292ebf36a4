package kernels

import "fmt"

// Tie says what becomes of elements whose vote is exactly 0.
type Tie int

const (
	TieDrop     Tie = iota // dropped
	TiePositive            // elected as positive
	TieNegative            // elected as negative
)

// Over says what the merged values are divided by.
type Over int

const (
	OverAll      Over = iota // TiesRule.Divisor
	OverAgreeing             // the number of inputs that kept the element
	OverWeights              // the weights of the inputs that kept the element
)

// A TiesRule holds the parameters of [Ties] for n inputs.
type TiesRule struct {
	Thresholds []float32 // n magnitudes: input i is trimmed below Thresholds[i]
	Votes      []float32 // n weights of the vote Σ vᵢ·xᵢ
	Weights    []float32 // n weights of the mean
	Tie        Tie
	Over       Over
	Divisor    float32 // of OverAll, commonly Σ Weights; not 0
}

// Ties merges the task vectors xs into dst by trim, elect and disjoint mean
// (arXiv:2306.01708, algorithm 1) in one pass over memory. Its result has the
// bits of [Trim] of each input, [Combine] with the votes, [BreakTies], [Agree] of
// each input, and then [MeanAgreeing], [MeanWeights], or [Combine] with [Divide].
// dst may be any of xs.
func Ties(dst []float32, xs [][]float32, rule TiesRule) {
	mustAlign("Ties", len(dst), xs, rule.Thresholds, rule.Votes, rule.Weights)
	current.ties(dst, xs, rule)
}

// An election holds, for each input, the least magnitude that Trim keeps, the
// weight of its vote, its weight in the numerator and its share of the
// denominator.
type election struct {
	least                  []uint32
	votes, weights, shares []float32
	tie                    float32 // what a vote of ±0 becomes
}

func (rule TiesRule) election() election {
	e := election{votes: rule.Votes, weights: rule.Weights, shares: rule.Weights}
	for _, threshold := range rule.Thresholds {
		e.least = append(e.least, leastMagnitude(threshold))
	}
	if rule.Over == OverAgreeing {
		e.shares = ones(len(rule.Weights))
	}
	switch rule.Tie {
	case TieDrop:
	case TiePositive:
		e.tie = 1
	case TieNegative:
		e.tie = -1
	default:
		panic(fmt.Sprintf("kernels: Ties: there is no Tie %d", rule.Tie))
	}
	return e
}

func (c *class) ties(dst []float32, xs [][]float32, rule TiesRule) {
	e := rule.election()
	total := make([]float32, min(blockLength, len(dst)))
	block := make([][]float32, len(xs))
	for start := 0; start < len(dst); start += blockLength {
		end := min(start+blockLength, len(dst))
		window(block, xs, start, end)
		merged := dst[start:end]
		c.elect(merged, total[:len(merged)], block, e.least, e.votes, e.weights, e.shares, e.tie)
		switch rule.Over {
		case OverAll:
			c.divide(merged, merged, rule.Divisor)
		case OverAgreeing, OverWeights:
			c.quotient(merged, total[:len(merged)])
		default:
			panic(fmt.Sprintf("kernels: Ties: there is no Over %d", rule.Over))
		}
	}
}
