package relate

import (
	"context"
	"fmt"
	"strings"

	"github.com/loramerge/loramerge/stages"
)

// Draft is the recipe that `loramerge init` drafts for some adapters, where nothing else is asked of it:
// their sum in the space delta, brought to their mean norm.
type Draft struct {
	Refused  []Obstacle `json:"refused"` // why there is none
	Rank     int        `json:"rank"`
	RankSum  int        `json:"rank_sum"` // of the adapters, the most at any module
	Kept     []Kept     `json:"kept"`     // of the sum's ‖ΔW‖², by ranks that fall
	Every    int        `json:"every"`    // for Kept only every so many modules were looked at
	Gaps     bool       `json:"missing_as_zero"`
	Left     []string   `json:"left_out"` // globs of whole tensors that can't be averaged
	Averaged bool       `json:"averages_heads"`
	Rows     bool       `json:"keeps_rows"`    // of tokens
	Shared   bool       `json:"averages_rows"` // of tokens that several adapters have
}

// Kept is the share of ‖ΔW‖² that a rank keeps.
type Kept struct {
	Rank  int     `json:"rank"`
	Share float64 `json:"share"`
}

// LowerRanks are those that a draft is compared with.
var LowerRanks = []int{32, 16, 8}

func draftOf(ctx context.Context, adapters []Opened, bases []stages.Claim, options Options) (Draft, error) {
	headers := HeadersOf(adapters)
	refused, err := obstacles(adapters, trial{stages.Delta, bases, options.Base, headers})
	d := Draft{Rank: headers.Rank(), RankSum: headers.RankSum, Gaps: headers.Gaps, Left: append([]string{}, headers.Left...), Averaged: headers.Heads, Rows: headers.Rows, Shared: headers.Shared, Kept: []Kept{}, Refused: refused}
	if err != nil || len(refused) > 0 {
		return d, err
	}
	cut, err := CutOf(ctx, adapters, d.Rank)
	if err != nil {
		return d, err
	}
	d.Every = cut.Every
	for _, rank := range append([]int{d.Rank}, LowerRanks...) {
		if rank <= d.Rank && (rank < d.Rank || len(d.Kept) == 0) {
			d.Kept = append(d.Kept, Kept{rank, cut.Kept(rank)})
		}
	}
	return d, nil
}

// Sentences say what the draft does, and why.
func (d *Draft) Sentences() []string {
	if len(d.Refused) > 0 {
		return nil
	}
	out := []string{"the sum in the space delta, which is exact for any alpha and rank, brought to the adapters' mean norm (`norm: inputs`)"}
	rank := fmt.Sprintf("rank %d, the sum of the adapters' ranks", d.Rank)
	if d.Rank < d.RankSum {
		rank = fmt.Sprintf("rank %d, where the sum of the adapters' ranks is %d", d.Rank, d.RankSum)
	}
	out = append(out, rank+": "+d.keptText())
	if d.Gaps {
		out = append(out, "modules that an adapter lacks count as zero there (`missing: zero`)")
	}
	if d.Averaged {
		out = append(out, "weights that sum to 1, since whole tensors (heads, biases) are averaged")
	}
	if d.Shared {
		out = append(out, "weights that sum to 1, since rows of tokens that several adapters have are averaged")
	}
	if d.Rows {
		out = append(out, "rows of tokens that one adapter alone has are kept as they are")
	}
	if len(d.Left) > 0 {
		out = append(out, "without the whole tensors that can't be averaged: "+some(d.Left))
	}
	return out
}

func (d *Draft) keptText() string {
	kept := make([]string, len(d.Kept))
	for i, k := range d.Kept {
		kept[i] = fmt.Sprintf("rank %d keeps %s", k.Rank, KeptPercent(k.Share))
	}
	kept[0] = "it keeps " + KeptPercent(d.Kept[0].Share) + " of ‖ΔW‖²"
	if d.Every > 1 {
		kept[0] += fmt.Sprintf(" (of every %s module)", Ordinal(d.Every))
	}
	return strings.Join(kept, ", ")
}

// mostListed is how many names a sentence lists.
const mostListed = 6

// some lists the first names.
func some(names []string) string {
	if len(names) > mostListed {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostListed], ", "), len(names)-mostListed)
	}
	return strings.Join(names, ", ")
}
