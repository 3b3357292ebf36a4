package recipe

import "fmt"

// Nearest is the candidate closest to word by edit distance, if one is close
// enough to be what was meant.
func Nearest(word string, candidates []string) (string, bool) {
	best, distance := "", len(word)/3+2
	for _, candidate := range candidates {
		if d := editDistance(word, candidate, distance); d < distance {
			best, distance = candidate, d
		}
	}
	return best, best != ""
}

// didYouMean is the remedy for a word that is not among the candidates.
func didYouMean(word string, candidates []string) string {
	if nearest, ok := Nearest(word, candidates); ok {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	return "known are: " + list(candidates)
}

// list joins the first few names, since some lists are as long as a model.
func list(names []string) string {
	const most = 24
	out := ""
	for i, name := range names {
		if i == most {
			return fmt.Sprintf("%s and %d more", out, len(names)-most)
		}
		if i > 0 {
			out += ", "
		}
		out += name
	}
	return out
}

// editDistance is Levenshtein's distance with swaps of neighbours counted as one,
// or limit if it is at least that.
func editDistance(x, y string, limit int) int {
	a, b := []rune(x), []rune(y)
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return min(last[len(b)], limit)
}

// UnknownName is the Mistake of a name that is not among those known.
func UnknownName(at Position, what, name string, known []string, where string) *Mistake {
	return Mistakef(at, didYouMean(name, known), "no %s %q %s", what, name, where)
}
