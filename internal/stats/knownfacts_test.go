package stats_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
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
