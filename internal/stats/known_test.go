package stats_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/stats"
)

// known is what numpy computed; its keys say what from what.
type known struct {
	Data struct {
		Base, Expert, Merged, Bytes []float64
		A, B                        string
	}
	Quantiles map[string]float64
	Means     map[string]struct{ Mean, SD, SE float64 }
	Paired    struct {
		Diff, SE, T, Correlation float64
		Unpaired                 float64    `json:"se_if_unpaired"`
		ByT                      [2]float64 `json:"ci95_t"`
		ByZ                      [2]float64 `json:"ci95_z"`
	}
	PairedExpert struct{ Diff, SE float64 } `json:"paired_merged_expert"`
	Binary       struct {
		N        int
		AccA     float64 `json:"acc_a"`
		AccB     float64 `json:"acc_b"`
		SEA      float64 `json:"se_a"`
		SEB      float64 `json:"se_b"`
		AOnly    int     `json:"a_only"`
		BOnly    int     `json:"b_only"`
		Diff     float64
		SE       float64 `json:"paired_se"`
		Unpaired float64 `json:"se_if_unpaired"`
		P        float64 `json:"mcnemar_exact_p"`
	}
	Wilson    map[string]float64 `json:"wilson_lower_95"`
	Bootstrap struct {
		Interval [2]float64 `json:"interval95"`
		Lower    float64    `json:"lower95_one_sided"`
		Upper    float64    `json:"upper95_one_sided"`
		SD       float64    `json:"sd_of_resamples"`
	} `json:"bootstrap_diff"`
	Exact struct {
		Values    []float64
		Resamples int
		Mean, SD  float64
		Q025      float64 `json:"q025_quantile_linear"`
		Q975      float64 `json:"q975_quantile_linear"`
		Q05, Q95  float64
	} `json:"bootstrap_exact6"`
	Recovered struct {
		Share    float64
		Gain     float64    `json:"gain_of_expert"`
		GainSE   float64    `json:"gain_se"`
		Delta    float64    `json:"se_delta_paired"`
		Unpaired float64    `json:"se_if_unpaired"`
		LowerZ   float64    `json:"lower95_z"`
		LowerT   float64    `json:"lower95_t11"`
		SD       float64    `json:"bootstrap_sd"`
		Interval [2]float64 `json:"bootstrap_interval95"`
		Lower    float64    `json:"bootstrap_lower95"`
		SeedsSD  [4]float64 `json:"over_100_seeds_sd"`
		G        float64    `json:"fieller_g_t11_0.95"`
		Fieller  [2]float64 `json:"fieller_one_sided_95_t11"`
	}
	Summaries struct {
		Share, SE float64
		GainInSE  float64 `json:"gain_in_se"`
	} `json:"recovered_from_summaries"`
	Weighted struct {
		Base, Merged, Recovered [2]float64
		Difference              [2]float64 `json:"merged_minus_base"`
		Unweighted              float64    `json:"unweighted_diff"`
	}
	Group struct {
		Values, SEs []float64
		Sizes       []int
		Micro       float64 `json:"micro_mean"`
		Macro       float64 `json:"macro_mean"`
		Pooled      float64 `json:"pooled_se_as_lm_eval"`
		MicroSE     float64 `json:"micro_se_stratified"`
		MacroSE     float64 `json:"macro_se"`
	}
	Clustered struct {
		Clusters  []int
		Plain     float64 `json:"se_plain"`
		Clustered float64 `json:"se_clustered"`
	}
	Gate struct {
		Mean, SE, Lower95, Upper95 float64
		Margin2                    int `json:"samples_needed_sd0.4_margin0.02"`
		Margin5                    int `json:"samples_needed_sd0.4_margin0.05"`
	}
	Pareto struct {
		Table      map[string][]float64
		Fronts     [][]string
		Dominated  map[string][]string `json:"dominated_by"`
		FirstFront []string            `json:"front_of_first_two_axes"`
	}
}

func load(t *testing.T) *known {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "evaluators", "stats.json"))
	if err != nil {
		t.Skip("no worked numbers:", err)
	}
	k := new(known)
	if err := json.Unmarshal(data, k); err != nil {
		t.Fatal(err)
	}
	return k
}

// near asks for nine digits behind the point, as the worked numbers promise.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	within(t, what, got, want, 1e-9)
}

func within(t *testing.T, what string, got, want, most float64) {
	t.Helper()
	if !(math.Abs(got-want) <= most) {
		t.Errorf("%s: %.12g, want %.12g (within %g)", what, got, want, most)
	}
}

func ends(t *testing.T, what string, got stats.Interval, want [2]float64) {
	t.Helper()
	near(t, what+", lower", got.Lower, want[0])
	near(t, what+", upper", got.Upper, want[1])
}

func bits(text string) []float64 {
	var out []float64
	for _, c := range text {
		out = append(out, float64(c-'0'))
	}
	return out
}

func minus(x, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] - y[i]
	}
	return out
}

func TestKnownQuantiles(t *testing.T) {
	k := load(t)
	for name, want := range k.Quantiles {
		law, rest, _ := strings.Cut(name, "_")
		text, df, _ := strings.Cut(rest, "_df")
		var confidence float64
		var degrees int
		if err := json.Unmarshal([]byte(text), &confidence); err != nil {
			t.Fatal(err)
		}
		if law == "t" {
			if err := json.Unmarshal([]byte(df), &degrees); err != nil {
				t.Fatal(err)
			}
		}
		near(t, name, stats.Critical(confidence, degrees), want)
	}
}

func TestKnownMeans(t *testing.T) {
	k := load(t)
	for name, x := range map[string][]float64{"base": k.Data.Base, "expert": k.Data.Expert, "merged": k.Data.Merged} {
		e := stats.Mean(x, nil)
		near(t, name, e.Value, k.Means[name].Mean)
		near(t, name+" SE", e.SE(), k.Means[name].SE)
		near(t, name+" SD", e.SE()*math.Sqrt(float64(e.Documents())), k.Means[name].SD)
	}
}

func TestKnownPairs(t *testing.T) {
	k := load(t)
	base, merged, expert := stats.Mean(k.Data.Base, nil), stats.Mean(k.Data.Merged, nil), stats.Mean(k.Data.Expert, nil)
	d := merged.Minus(base)
	near(t, "difference", d.Value, k.Paired.Diff)
	near(t, "SE", d.SE(), k.Paired.SE)
	near(t, "t", d.Value/d.SE(), k.Paired.T)
	near(t, "correlation", merged.Cov(base)/(merged.SE()*base.SE()), k.Paired.Correlation)
	near(t, "unpaired", math.Hypot(merged.SE(), base.SE()), k.Paired.Unpaired)
	ends(t, "by t", d.Bounds(0.975), k.Paired.ByT)
	ends(t, "by z", stats.Bounds(d.Value, d.SE(), stats.Critical(0.975, 0)), k.Paired.ByZ)
	near(t, "identity", d.Cov(d), merged.Cov(merged)+base.Cov(base)-2*merged.Cov(base))
	d = merged.Minus(expert)
	near(t, "from the expert", d.Value, k.PairedExpert.Diff)
	near(t, "from the expert, SE", d.SE(), k.PairedExpert.SE)

	clustered := stats.Design{Clusters: k.Clustered.Clusters}
	d = stats.Mean(k.Data.Merged, &clustered).Minus(stats.Mean(k.Data.Base, &clustered))
	near(t, "clustered", d.SE(), k.Clustered.Clustered)
	if got := d.Degrees(); got != 5 {
		t.Errorf("%d degrees of freedom of 6 clusters", got)
	}
}

func TestKnownAnswers(t *testing.T) {
	k := load(t)
	a, b := stats.Mean(bits(k.Data.A), nil), stats.Mean(bits(k.Data.B), nil)
	d := a.Minus(b)
	near(t, "a", a.Value, k.Binary.AccA)
	near(t, "b", b.Value, k.Binary.AccB)
	near(t, "SE a", a.SE(), k.Binary.SEA)
	near(t, "SE b", b.SE(), k.Binary.SEB)
	near(t, "difference", d.Value, k.Binary.Diff)
	near(t, "SE", d.SE(), k.Binary.SE)
	near(t, "unpaired", math.Hypot(a.SE(), b.SE()), k.Binary.Unpaired)
	near(t, "McNemar", stats.McNemar(k.Binary.AOnly, k.Binary.BOnly), k.Binary.P)
	for name, want := range k.Wilson {
		var right, n int
		before, after, _ := strings.Cut(name, "/")
		if json.Unmarshal([]byte(before), &right) != nil || json.Unmarshal([]byte(after), &n) != nil {
			t.Fatal(name)
		}
		near(t, "Wilson "+name, stats.Wilson(right, n, 0.95).Lower, want)
		near(t, "Wilson turned "+name, stats.Wilson(n-right, n, 0.95).Upper, 1-want)
	}
}

func TestKnownShares(t *testing.T) {
	k := load(t)
	base := stats.Mean(k.Data.Base, nil)
	x, y := base.Minus(stats.Mean(k.Data.Merged, nil)), base.Minus(stats.Mean(k.Data.Expert, nil))
	q := stats.QuotientOf(x, y)
	near(t, "share", q.Value(), k.Recovered.Share)
	near(t, "gain", q.Y, k.Recovered.Gain)
	near(t, "gain's SE", y.SE(), k.Recovered.GainSE)
	near(t, "delta", q.SE(), k.Recovered.Delta)
	near(t, "lower, z", stats.Bounds(q.Value(), q.SE(), stats.Critical(0.95, 0)).Lower, k.Recovered.LowerZ)
	near(t, "lower, t", stats.Bounds(q.Value(), q.SE(), stats.Critical(0.95, 11)).Lower, k.Recovered.LowerT)
	fieller, g := q.Fieller(stats.Critical(0.95, y.Degrees()))
	ends(t, "Fieller", fieller, k.Recovered.Fieller)
	near(t, "g", g, k.Recovered.G)

	summary := func(x []float64) stats.Summary {
		e := stats.Mean(x, nil)
		return stats.Summary{Value: e.Value, SE: e.SE()}
	}
	near(t, "from these summaries", stats.QuotientOfGains(summary(k.Data.Base), summary(k.Data.Expert), summary(k.Data.Merged)).SE(), k.Recovered.Unpaired)
	q = stats.QuotientOfGains(stats.Summary{Value: .40, SE: .0219}, stats.Summary{Value: .70, SE: .0205}, stats.Summary{Value: .64, SE: .0215})
	near(t, "share from summaries", q.Value(), k.Summaries.Share)
	near(t, "SE from summaries", q.SE(), k.Summaries.SE)
	near(t, "gain from summaries", q.Y/math.Sqrt(q.VarY), k.Summaries.GainInSE)
}

func TestKnownWeights(t *testing.T) {
	k := load(t)
	of := func(x []float64) stats.Estimate { return stats.Weighted(x, k.Data.Bytes, nil) }
	base, expert, merged := of(k.Data.Base), of(k.Data.Expert), of(k.Data.Merged)
	share := stats.QuotientOf(base.Minus(merged), base.Minus(expert))
	for _, c := range []struct {
		what       string
		value, err float64
		want       [2]float64
	}{
		{"base", base.Value, base.SE(), k.Weighted.Base},
		{"merged", merged.Value, merged.SE(), k.Weighted.Merged},
		{"difference", merged.Minus(base).Value, merged.Minus(base).SE(), k.Weighted.Difference},
		{"share", share.Value(), share.SE(), k.Weighted.Recovered},
	} {
		near(t, c.what, c.value, c.want[0])
		near(t, c.what+" SE", c.err, c.want[1])
	}
	near(t, "unweighted", stats.Mean(minus(k.Data.Merged, k.Data.Base), nil).Value, k.Weighted.Unweighted)
}

func TestKnownGroups(t *testing.T) {
	k := load(t)
	sizes, ones := make([]float64, 3), []float64{1, 1, 1}
	for i, n := range k.Group.Sizes {
		sizes[i] = float64(n)
	}
	near(t, "pooled", stats.Pooled(k.Group.SEs, k.Group.Sizes), k.Group.Pooled)
	near(t, "weighted by size", stats.Combined(sizes, k.Group.SEs), k.Group.MicroSE)
	near(t, "equal weights", stats.Combined(ones, k.Group.SEs), k.Group.MacroSE)
	// Documents with these means and errors: half of them a deviation above, half below.
	var parts []stats.Estimate
	for i, n := range k.Group.Sizes {
		x := make([]float64, n)
		deviation := k.Group.SEs[i] * math.Sqrt(float64(n-1))
		for j := range x {
			x[j] = k.Group.Values[i] + deviation*float64(1-2*(j%2))
		}
		parts = append(parts, stats.Mean(x, nil))
	}
	micro, macro := stats.Group(sizes, parts), stats.Group(ones, parts)
	near(t, "micro", micro.Value, k.Group.Micro)
	near(t, "micro SE", micro.SE(), k.Group.MicroSE)
	near(t, "macro", macro.Value, k.Group.Macro)
	near(t, "macro SE", macro.SE(), k.Group.MacroSE)
	if got := macro.Degrees(); got != 897 {
		t.Errorf("%d degrees of freedom of 900 documents in 3 parts", got)
	}
}

func TestKnownGates(t *testing.T) {
	k := load(t)
	ends(t, "bounds", stats.Bounds(k.Gate.Mean, k.Gate.SE, stats.Critical(0.95, 0)), [2]float64{k.Gate.Lower95, k.Gate.Upper95})
	for margin, want := range map[float64]int{0.02: k.Gate.Margin2, 0.05: k.Gate.Margin5, -0.05: k.Gate.Margin5} {
		if got, ok := stats.Needed(0.4, margin, 0.95); !ok || got != want {
			t.Errorf("%d documents for %g, want %d", got, margin, want)
		}
	}
}

// TestKnownBootstrap: another generator than numpy's differs by the spread over seeds, of
// which the worked numbers have a hundred.
func TestKnownBootstrap(t *testing.T) {
	k := load(t)
	d := minus(k.Data.Merged, k.Data.Base)
	means := stats.Bootstrap(stats.Resamples(len(d), 10000, "test", "difference"), meanOf(d))
	within(t, "lower", stats.Quantile(means, 0.025), k.Bootstrap.Interval[0], 0.002)
	within(t, "upper", stats.Quantile(means, 0.975), k.Bootstrap.Interval[1], 0.002)
	within(t, "one-sided lower", stats.Quantile(means, 0.05), k.Bootstrap.Lower, 0.002)
	within(t, "one-sided upper", stats.Quantile(means, 0.95), k.Bootstrap.Upper, 0.002)
	within(t, "SD", deviation(means), k.Bootstrap.SD, 0.001)

	x, y := meanOf(minus(k.Data.Base, k.Data.Merged)), meanOf(minus(k.Data.Base, k.Data.Expert))
	shares := stats.Bootstrap(stats.Resamples(len(d), 10000, "test", "share"), func(at []int) float64 { return x(at) / y(at) })
	spread := k.Recovered.SeedsSD // numpy's one seed is off by as much as ours
	within(t, "share's lower", stats.Quantile(shares, 0.025), k.Recovered.Interval[0], 5*spread[0])
	within(t, "share's upper", stats.Quantile(shares, 0.975), k.Recovered.Interval[1], 5*spread[1])
	within(t, "share's SD", deviation(shares), k.Recovered.SD, 5*spread[2])
	within(t, "share's one-sided lower", stats.Quantile(shares, 0.05), k.Recovered.Lower, 5*spread[3])

	all := stats.Bootstrap(stats.Exhaustive(6), meanOf(k.Exact.Values))
	if len(all) != k.Exact.Resamples {
		t.Fatalf("%d resamples, want %d", len(all), k.Exact.Resamples)
	}
	near(t, "mean of all", stats.Mean(all, nil).Value, k.Exact.Mean)
	near(t, "SD of all", deviation(all)*math.Sqrt(1-1/float64(len(all))), k.Exact.SD)
	for p, want := range map[float64]float64{0.025: k.Exact.Q025, 0.05: k.Exact.Q05, 0.95: k.Exact.Q95, 0.975: k.Exact.Q975} {
		near(t, "quantile of all", stats.Quantile(all, p), want)
	}
}

func meanOf(x []float64) func([]int) float64 {
	return func(at []int) float64 {
		var sum float64
		for _, i := range at {
			sum += x[i]
		}
		return sum / float64(len(at))
	}
}

func deviation(x []float64) float64 {
	return stats.Mean(x, nil).SE() * math.Sqrt(float64(len(x)))
}

func TestKnownFronts(t *testing.T) {
	k := load(t)
	names := strings.Split("ABCDEFGHIJ", "")
	points := func(axes int, names []string) [][]float64 {
		var out [][]float64
		for _, n := range names {
			p := k.Pareto.Table[n]
			out = append(out, []float64{p[0], -p[1], -p[2]}[:axes])
		}
		return out
	}
	pick := func(names []string, at []int) (in, rest []string) {
		for i, n := range names {
			if len(at) > 0 && at[0] == i {
				in, at = append(in, n), at[1:]
			} else {
				rest = append(rest, n)
			}
		}
		return in, rest
	}
	rest := names
	for _, want := range k.Pareto.Fronts {
		var got []string
		got, rest = pick(rest, stats.Front(points(3, rest)))
		if strings.Join(got, "") != strings.Join(want, "") {
			t.Errorf("front %v, want %v", got, want)
		}
	}
	if got, _ := pick(names, stats.Front(points(2, names))); strings.Join(got, "") != strings.Join(k.Pareto.FirstFront, "") {
		t.Errorf("front of two columns %v, want %v", got, k.Pareto.FirstFront)
	}
	all := points(3, names)
	for i, name := range names {
		var by []string
		for j, other := range names {
			if stats.Dominates(all[j], all[i]) {
				by = append(by, other)
			}
		}
		if strings.Join(by, "") != strings.Join(k.Pareto.Dominated[name], "") {
			t.Errorf("%s is dominated by %v, want %v", name, by, k.Pareto.Dominated[name])
		}
	}
}
