package merge_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/merge/draft"
)

var everyTriple = flag.Bool("every-triple", false, "draft every triple of the trained adapters, not a fifth of them")

// TestDraftRuleOfRealOnes: of every pair and many triples of the adapters that people trained,
// the draft is the rule to the last bits, or what hinders is that they belong to different base
// models, or have no module in common.
func TestDraftRuleOfRealOnes(t *testing.T) {
	folders, _ := filepath.Glob(filepath.Join(shared, "adapters", "*", peft.ConfigFile))
	if len(folders) == 0 {
		t.Skip("../shared/adapters is not there")
	}
	all := make([]*factored, len(folders))
	bases := make([]string, len(folders))
	for i, config := range folders {
		folders[i] = filepath.Dir(config)
		all[i] = readFactored(t, folders[i])
		bases[i] = openAdapter(t, folders[i]).Base.Name
	}
	inners := make(map[[2]int]float64)
	inner := func(i, j int) float64 {
		at := [2]int{min(i, j), max(i, j)}
		if _, known := inners[at]; !known {
			inners[at] = all[at[0]].inner(all[at[1]])
		}
		return inners[at]
	}
	merged := 0
	try := func(places ...int) {
		var paths []string
		var inputs []*factored
		different, apart := false, false
		for _, i := range places {
			paths, inputs = append(paths, folders[i]), append(inputs, all[i])
			for _, j := range places {
				different = different || bases[i] != "" && bases[j] != "" && bases[i] != bases[j]
			}
			apart = apart || !slices.ContainsFunc(places, func(j int) bool { return i != j && shares(all[i], all[j]) })
		}
		t.Run(strings.ReplaceAll(fmt.Sprint(base(paths)), " ", "+"), func(t *testing.T) {
			if different || apart {
				want := "have no module in common"
				if different {
					want = "of different base models"
				}
				if _, err := draft.New(t.Context(), paths, draft.Options{}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "missing: zero") {
					t.Errorf("want %q: %v", want, err)
				}
				return
			}
			merged++
			checkDraftRule(t, paths, inputs, func(i, j int) float64 { return inner(places[i], places[j]) })
		})
	}
	for i := range folders {
		for j := range i {
			if !testing.Short() || (i+j)%4 == 0 {
				try(j, i)
			}
			for k := range j {
				if *everyTriple || (i+j+k)%5 == 0 && !testing.Short() {
					try(k, j, i)
				}
			}
		}
	}
	t.Logf("%d merges", merged)
}

func shares(x, y *factored) bool {
	for name := range x.modules {
		if _, both := y.modules[name]; both {
			return true
		}
	}
	return false
}

func base(paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = filepath.Base(p)
	}
	return out
}
