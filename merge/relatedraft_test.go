package merge_test

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/draft"
	"github.com/loramerge/loramerge/merge/relate"
)

// TestRelateDraft: what is said of the recipe that `loramerge init` drafts is what it drafts, or
// refuses.
func TestRelateDraft(t *testing.T) {
	groups := [][]string{
		own("broken/adapters/tiny", "broken/adapters/other-base"),
		own("broken/adapters/tiny", "broken/adapters/revised"),
		own("broken/adapters/tiny", "adapters/python"),
		own("broken/adapters/tiny", "broken/adapters/wide"),
		own("broken/adapters/tiny", "broken/adapters/head", "broken/adapters/head-of-three"),
		own("broken/adapters/head-with-bias", "broken/adapters/head"),
		own("broken/adapters/biases", "broken/adapters/tiny"),
		own("broken/adapters/two-ranks", "broken/adapters/rslora"),
		own("adapters/python", "adapters/sql", "adapters/contracts", "adapters/chat"),
	}
	for _, g := range draftGroups {
		if !strings.Contains(g.adapters[0], "shared") {
			groups = append(groups, g.adapters)
		}
	}
	for _, adapters := range groups {
		r, err := relate.Of(t.Context(), adapters, relate.Options{})
		if err != nil {
			t.Fatalf("%s: %v", adapters, err)
		}
		text, refused := draft.New(t.Context(), adapters, draft.Options{})
		if (refused != nil) != (len(r.Draft.Refused) > 0) {
			t.Errorf("%s: init says %v, and inspect %+v", adapters, refused, r.Draft.Refused)
		}
		if refused != nil {
			for _, o := range r.Draft.Refused {
				if o.Page != "different-bases" && o.Page != "quantized-bases" && !strings.Contains(refused.Error(), o.Text) && !strings.Contains(refused.Error(), "different base models") {
					t.Errorf("%s: init says %v, and inspect %q", adapters, refused, o.Text)
				}
			}
			continue
		}
		checkDraftSaid(t, r, string(text))
	}
}

// checkDraftSaid compares a draft with what was said of it.
func checkDraftSaid(t *testing.T, r *relate.Relation, text string) {
	t.Helper()
	for part, want := range map[string]bool{
		fmt.Sprintf("    rank: %d\n", r.Draft.Rank): true,
		"missing: zero": r.Draft.Gaps,
		"select:":       len(r.Draft.Left) > 0,
		"sum to 1":      r.Draft.Averaged,
	} {
		if strings.Contains(text, part) != want {
			t.Errorf("%q is said to be %v, and drafted is\n%s", part, want, text)
		}
	}
	for _, name := range r.Draft.Left {
		if !strings.Contains(text, "      - "+name+"\n") {
			t.Errorf("%s is said to be left out, and drafted is\n%s", name, text)
		}
	}
	flat := strings.Join(strings.Fields(strings.ReplaceAll(text, "\n  #", "")), " ")
	for _, k := range r.Draft.Kept {
		if said := "keeps " + relate.KeptPercent(k.Share); !strings.Contains(flat, said) {
			t.Errorf("rank %d %s, and drafted is\n%s", k.Rank, said, text)
		}
	}
	for _, f := range r.Findings {
		if said := strings.Join(strings.Fields(f.Sentence()), " "); f.Remedy != "" && (f.About == relate.Size || f.About == relate.Direction) && !strings.Contains(flat, said) {
			t.Errorf("no %q in\n%s", said, text)
		}
	}
}

var remedyForm = regexp.MustCompile("`([a-z]+: \\{[^`]*\\})`")

// TestRelateRemedies: the stage and the weights that are offered, written into the draft, make
// the sum that they promise, with heads and without.
func TestRelateRemedies(t *testing.T) {
	headed := func(f folder, heads bool) folder {
		if heads {
			return f.with("score.weight", safetensors.F32, []int{2, 3}, 1, 2, 3, 4, 5, 6)
		}
		return f
	}
	on := func(at ...int) []int { return at }
	for _, heads := range []bool{false, true} {
		dir := t.TempDir()
		var paths []string
		var inputs []*factored
		for i, f := range []folder{thin(20, 1, on(0, 1), on(0, 1)), thin(20, 1, on(0, 2), on(0, 2)), thin(1, 1, on(5), on(5))} {
			paths = append(paths, filepath.Join(dir, string(rune('a'+i))))
			headed(f, heads).write(t, paths[i])
			inputs = append(inputs, readFactored(t, paths[i]))
		}
		text, folder := draftFor(t, paths, draft.Options{})
		flat := strings.Join(strings.Fields(strings.ReplaceAll(text, "\n  #", "")), " ")
		tried := 0
		for _, m := range remedyForm.FindAllStringSubmatch(flat, -1) {
			var changed string
			shares := []float64{1, 1, 1}
			key, value, _ := strings.Cut(m[1], ": ")
			switch key {
			case "even":
				changed = strings.Replace(text, "  deltas:\n    delta: adapters", "  even: "+value+"\n  deltas:\n    delta: even", 1)
				for i, in := range inputs {
					shares[i] = 1 / math.Sqrt(in.inner(in))
				}
			case "weights":
				if strings.Contains(value, "a: 2") {
					continue // the example of another weight
				}
				changed = regexp.MustCompile(`    weights: .*\n|    norm: inputs\n`).ReplaceAllString(text, "")
				changed = strings.Replace(changed, "    sum: deltas\n", "    sum: deltas\n    weights: "+value+"\n    norm: inputs\n", 1)
				shares = []float64{0.5, 0.5, 1}
			}
			tried++
			path := filepath.Join(folder, "merge.yaml")
			writeFile(t, path, []byte(strings.Replace(changed, "    to: out/merged", "    to: out/merged\n    dtype: float32", 1)))
			runRecipe(t, path)
			out := readFactored(t, filepath.Join(folder, "out", "merged"))
			meant := &factored{modules: map[string][2]*mat.Dense{"layers.0.q_proj": sideBySide("layers.0.q_proj", inputs, shares)}}
			if c := out.inner(meant) / math.Sqrt(out.inner(out)*meant.inner(meant)); !(math.Abs(c-1) <= 1e-5) {
				t.Errorf("heads %v: `%s` makes a merge whose cosine with what it promises is %v", heads, m[1], c)
			}
		}
		if tried != 2 {
			t.Errorf("heads %v: %d remedies in\n%s", heads, tried, text)
		}
	}
}
