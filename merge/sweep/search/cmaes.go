package search

import (
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

func newGuided(s *recipe.Sweep, _ *space, _ map[string]string) (Search, error) {
	return nil, fault.At(s.At("search"), "cma-es is not there yet").Mend("write `search: random`")
}
