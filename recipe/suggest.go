package recipe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"gopkg.in/yaml.v3"
)

// longestWord is where Nearest gives up: nobody means a known name by a longer word,
// and comparing takes the product of two lengths.
const longestWord = 200

// Nearest is the candidate closest to word by edit distance, if one is close
// enough to be what was meant.
func Nearest(word string, candidates []string) (string, bool) {
	if len(word) > longestWord {
		return "", false
	}
	best, distance := "", len(word)/3+2
	for _, candidate := range candidates {
		if d := editDistance(word, candidate, distance); d < distance {
			best, distance = candidate, d
		}
	}
	return best, best != ""
}

// suggestionCost is how many pairs of letters are compared for the suggestions of one
// file, about a tenth of a second: enough for thousands of misspelt parameters.
const suggestionCost = 16 << 20

// didYouMean is the remedy for a word that is not among the candidates. In a file with
// more mistakes than its suggestions can be paid for, the last ones get the plain list.
func (r *reader) didYouMean(word string, candidates []string) string {
	for _, candidate := range candidates {
		if r.compared += 2 * len(word) * len(candidate); r.compared > suggestionCost {
			return "known are: " + List(candidates)
		}
	}
	return didYouMean(word, candidates)
}

// didYouMean is the remedy for a word that is not among the candidates.
func didYouMean(word string, candidates []string) string {
	if nearest, ok := Nearest(word, candidates); ok {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	return "known are: " + nearestFew(word, candidates)
}

const (
	mostListed = 8 // names that are read at a glance
	fewListed  = 5
)

// nearestFew lists the candidates, of many only those that are most like the word.
func nearestFew(word string, candidates []string) string {
	if len(candidates) <= mostListed || len(word) > longestWord {
		return List(candidates)
	}
	distance := make(map[string]int, len(candidates))
	for _, c := range candidates {
		distance[c] = editDistance(word, c, len(word)+len(c))
	}
	nearest := slices.Clone(candidates)
	slices.SortStableFunc(nearest, func(x, y string) int { return cmp.Compare(distance[x], distance[y]) })
	return fmt.Sprintf("%s and %d more", strings.Join(nearest[:fewListed], ", "), len(candidates)-fewListed)
}

// List joins the first few names, since some lists are as long as a model.
func List(names []string) string {
	const most = 24
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// editDistance is Levenshtein's distance with swaps of neighbours counted as one,
// or limit if it is at least that.
func editDistance(x, y string, limit int) int {
	a, b := []rune(x), []rune(y)
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
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
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}

// UnknownName is the Fault of a name that is not among those known.
func UnknownName(at Position, what, name string, known []string, where string) *fault.Fault {
	return fault.At(at, "no %s %q %s", what, name, where).Mend(didYouMean(name, known))
}

// otherWords are what other tools call the numbers of a file, and the ways to search.
var otherWords = map[string]string{
	"fp16": "float16", "f16": "float16", "half": "float16",
	"bf16": "bfloat16",
	"fp32": "float32", "f32": "float32", "float": "float32",
	"fp64": "float64", "f64": "float64", "double": "float64",
	"bayes": SearchCMAES, "bayesian": SearchCMAES, "bayesianoptimization": SearchCMAES, "tpe": SearchCMAES, "nsgaii": SearchCMAES,
	"sobol": SearchHalton, "quasirandom": SearchHalton, "qmc": SearchHalton, "exhaustive": SearchGrid, "product": SearchGrid,
}

// oneOf is the remedy for a value that is none of the words, which the error lists.
func (r *reader) oneOf(node *yaml.Node, words []string) string {
	if word := otherWords[strings.ToLower(node.Value)]; slices.Contains(words, word) {
		return fmt.Sprintf("did you mean %q?", word)
	}
	if remedy := r.didYouMean(node.Value, words); strings.HasPrefix(remedy, "did you") {
		return remedy
	}
	return "write one of these"
}

// nearest is the module whose tail, of as many dotted parts as the glob has after
// its first stars, is most like it. Only distinct tails are compared: a model repeats
// them by layer.
func (g Glob) nearest(modules []string) (string, bool) {
	pattern := strings.TrimLeft(g.Pattern, "*.")
	parts := strings.Count(pattern, ".") + 1
	examples := make(map[string]string)
	var tails []string
	for _, module := range modules {
		tail := tailOf(module, parts)
		if _, ok := examples[tail]; !ok {
			examples[tail] = module
			tails = append(tails, tail)
		}
	}
	tail, ok := Nearest(pattern, tails)
	return examples[tail], ok
}

// tailOf is the last parts of a dotted name.
func tailOf(name string, parts int) string {
	at := len(name)
	for range parts {
		dot := strings.LastIndexByte(name[:at], '.')
		if dot < 0 {
			return name
		}
		at = dot
	}
	return name[at+1:]
}
