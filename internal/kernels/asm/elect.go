package main

import "github.com/mmcloughlin/avo/reg"

// An election holds the registers of electAVX2 that last from start to end.
type election struct {
	least, votes, weights, shares reg.Register
	zero, sign                    reg.VecVirtual
}

// elect goes through the inputs twice, for the vote and for the sums. The second
// time they come from the nearest cache.
func (e emitter) elect() {
	e.begin("electAVX2", "func(sum, total []float32, xs [][]float32, "+
		"least []uint32, votes, weights, shares []float32, tie float32)")
	sum := e.Load(e.Param("sum").Base(), e.GP64())
	total := e.Load(e.Param("total").Base(), e.GP64())
	left := e.Load(e.Param("sum").Len(), e.GP64())
	k := election{
		least:   e.Load(e.Param("least").Base(), e.GP64()),
		votes:   e.Load(e.Param("votes").Base(), e.GP64()),
		weights: e.Load(e.Param("weights").Base(), e.GP64()),
		shares:  e.Load(e.Param("shares").Base(), e.GP64()),
		zero:    e.zero(), sign: e.constant(signBit),
	}
	e.steps(left, []int{2 * vector, vector, 1}, func(step int, at reg.Register) {
		count := min(step, vector)
		votes := e.electVotes(k, step, at)
		numerators, denominators := e.electSums(k, step, at, votes)
		for i := range votes {
			float32s.store(e, count, numerators[i], element(sum, at, i*count, 4))
			float32s.store(e, count, denominators[i], element(total, at, i*count, 4))
		}
	})
	e.end()
}

// electVotes adds up the votes and breaks their ties.
func (e emitter) electVotes(k election, step int, at reg.Register) []reg.VecVirtual {
	votes := e.neutral(step / min(step, vector))
	e.eachInput(numbered("vote", step), func(x, input reg.Register) {
		weight := e.YMM()
		e.VBROADCASTSS(element(k.votes, input, 0, 4), weight)
		for i, kept := range e.trimmed(k, step, at, x, input) {
			e.VMULPS(weight, kept, kept)
			e.VADDPS(kept, votes[i], votes[i])
		}
	})
	tie := e.broadcast("tie")
	for _, vote := range votes {
		isZero := e.YMM()
		e.VCMPPS(equalOrdered, k.zero, vote, isZero)
		e.VBLENDVPS(isZero, tie, vote, vote)
	}
	return votes
}

// electSums adds up the weighted values that agree with the votes, and their
// shares.
func (e emitter) electSums(k election, step int, at reg.Register, votes []reg.VecVirtual) (
	numerators, denominators []reg.VecVirtual,
) {
	numerators = e.neutral(len(votes))
	for range votes {
		denominators = append(denominators, e.zero())
	}
	e.eachInput(numbered("sum", step), func(x, input reg.Register) {
		weight, share := e.YMM(), e.YMM()
		e.VBROADCASTSS(element(k.weights, input, 0, 4), weight)
		e.VBROADCASTSS(element(k.shares, input, 0, 4), share)
		for i, kept := range e.trimmed(k, step, at, x, input) {
			kept = e.agreeing(k.zero, k.sign, kept, votes[i])
			counted := e.YMM()
			e.VCMPPS(equalOrdered, k.zero, kept, counted)
			e.VPANDN(share, counted, counted)
			e.VADDPS(counted, denominators[i], denominators[i])
			e.VMULPS(weight, kept, kept)
			e.VADDPS(kept, numerators[i], numerators[i])
		}
	})
	return numerators, denominators
}

// trimmed loads a stretch of the input at x and trims it.
func (e emitter) trimmed(k election, step int, at, x, input reg.Register) []reg.VecVirtual {
	count := min(step, vector)
	least := e.YMM()
	e.VBROADCASTSS(element(k.least, input, 0, 4), least)
	kept := make([]reg.VecVirtual, step/count)
	for i := range kept {
		kept[i] = e.keepFrom(least, k.sign, float32s.load(e, count, element(x, at, i*count, 4)))
	}
	return kept
}
