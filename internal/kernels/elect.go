package kernels

// elect sets sum = Σ wᵢ·xᵢ and total = Σ sharesᵢ over xᵢ ≠ 0, of the xᵢ that are
// trimmed and agree with the vote. The parameters are those of an election, one by
// one for the assembly's sake. sum may be any of xs, hence the copies.
func elect(
	sum, total []float32, xs [][]float32,
	least []uint32, votes, weights, shares []float32, tie float32,
) {
	var voteBlock, sumBlock [256]float32
	for start := 0; start < len(sum); start += len(voteBlock) {
		end := min(start+len(voteBlock), len(sum))
		vote, numerator := voteBlock[:end-start], sumBlock[:end-start]
		fillNeutral(vote)
		for i, x := range xs {
			addVotes(vote, x[start:end], least[i], votes[i])
		}
		breakTies(vote, tie)
		fillNeutral(numerator)
		clear(total[start:end])
		for i, x := range xs {
			addElected(numerator, total[start:end], vote, x[start:end], least[i], weights[i], shares[i])
		}
		copy(sum[start:end], numerator)
	}
}

func addVotes(vote, x []float32, least uint32, weight float32) {
	vote = vote[:len(x)]
	for i, v := range x {
		vote[i] += float32(weight * trimmed(v, least))
	}
}

func addElected(sum, total, vote, x []float32, least uint32, weight, share float32) {
	sum, total, vote = sum[:len(x)], total[:len(x)], vote[:len(x)]
	for i, v := range x {
		kept := agreeing(trimmed(v, least), vote[i])
		sum[i] += float32(weight * kept)
		total[i] += nonzero(kept, share)
	}
}
