package adapter

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
)

// outConfig is what a merged adapter says of itself, in the order of the keys that
// PEFT writes (sorted). Only what PEFT and vLLM read is written.
type outConfig struct {
	AlphaPattern  numbers         `json:"alpha_pattern"`
	AutoMapping   json.RawMessage `json:"auto_mapping"`
	Base          *string         `json:"base_model_name_or_path"`
	Bias          string          `json:"bias"`
	FanInFanOut   bool            `json:"fan_in_fan_out"`
	InferenceMode bool            `json:"inference_mode"`
	InitWeights   bool            `json:"init_lora_weights"`
	Alpha         float64         `json:"lora_alpha"`
	Dropout       float64         `json:"lora_dropout"`
	ModulesToSave []string        `json:"modules_to_save"`
	PEFTType      string          `json:"peft_type"`
	R             int             `json:"r"`
	RankPattern   numbers         `json:"rank_pattern"`
	Revision      json.RawMessage `json:"revision"`
	TargetModules []string        `json:"target_modules"`
	TaskType      json.RawMessage `json:"task_type"`
	UseDoRA       bool            `json:"use_dora"`
	UseRSLoRA     bool            `json:"use_rslora"`
}

// MergedConfig is adapter_config.json of an adapter that was merged from inputs and
// holds modules: fields on which the inputs agree are kept, target_modules and
// modules_to_save are united, r and lora_alpha are those of most modules, and the
// others stand in the patterns. base, if not empty, names the base model.
func MergedConfig(inputs []*Adapter, modules []*Module, base string) ([]byte, error) {
	out := outConfig{PEFTType: "LORA", InferenceMode: true, InitWeights: true, Bias: "none",
		AutoMapping: agreed(inputs, "auto_mapping"), TaskType: agreed(inputs, "task_type"), Revision: agreed(inputs, "revision")}
	if base != "" {
		out.Base = &base
	}
	for _, input := range inputs {
		out.FanInFanOut = out.FanInFanOut || input.Config.FanInFanOut
		out.Bias = widerBias(out.Bias, input.Config.Bias)
		for _, name := range input.Config.ModulesToSave.Names {
			if !slices.Contains(out.ModulesToSave, name) {
				out.ModulesToSave = append(out.ModulesToSave, name)
			}
		}
	}
	slices.Sort(out.ModulesToSave)
	out.TargetModules = targetModules(inputs, modules)
	out.setScales(modules)
	return encodeJSON(out)
}

// agreed is the value of a field if all inputs hold the same one, else null.
func agreed(inputs []*Adapter, field string) json.RawMessage {
	null := json.RawMessage("null")
	var common json.RawMessage
	for i, input := range inputs {
		raw := input.Config.Raw[field]
		if raw == nil || i > 0 && !bytes.Equal(raw, common) {
			return null
		}
		common = raw
	}
	if common == nil {
		return null
	}
	return common
}

// widerBias joins two values of LoraConfig.bias: none, lora_only, all.
func widerBias(x, y string) string {
	order := []string{"", "none", "lora_only", "all"}
	if slices.Index(order, y) > slices.Index(order, x) {
		return y
	}
	return x
}

// setScales writes rank and α so that PEFT computes the very scales of the modules:
// with whole numbers where α/r or α/√r allows it, else with the exact quotient.
func (c *outConfig) setScales(modules []*Module) {
	pairs := slices.DeleteFunc(slices.Clone(modules), func(m *Module) bool { return m.Form == Whole })
	if len(pairs) == 0 {
		c.R, c.Alpha = defaultAlpha, defaultAlpha
		return
	}
	plain := func(r int) float64 { return float64(r) }
	root := func(r int) float64 { return math.Sqrt(float64(r)) }
	divisor := plain
	if !allWhole(pairs, plain) && allWhole(pairs, root) {
		divisor, c.UseRSLoRA = root, true
	}
	ranks, alphas := make(map[string]float64, len(pairs)), make(map[string]float64, len(pairs))
	for _, m := range pairs {
		ranks[m.Name], alphas[m.Name] = float64(m.Rank), alphaFor(m, divisor)
	}
	r, rankPattern := commonest(ranks)
	c.R, c.RankPattern = int(r), rankPattern
	c.Alpha, c.AlphaPattern = commonest(alphas)
}

func allWhole(pairs []*Module, divisor func(int) float64) bool {
	for _, m := range pairs {
		if alpha := alphaFor(m, divisor); alpha != math.Trunc(alpha) {
			return false
		}
	}
	return true
}

// alphaFor is the α for which α/divisor(r) is the module's scale, rounded to a whole
// number where that gives the very same quotient.
func alphaFor(m *Module, divisor func(int) float64) float64 {
	d := divisor(m.Rank)
	alpha := m.Scale * d
	if whole := math.Round(alpha); whole/d == m.Scale {
		return whole
	}
	return alpha
}

// commonest splits values by module into the one most modules have and a pattern of the rest.
func commonest(values map[string]float64) (float64, numbers) {
	counts := make(map[float64]int)
	for _, v := range values {
		counts[v]++
	}
	best := math.Inf(-1)
	for v, n := range counts {
		if n > counts[best] || n == counts[best] && v > best {
			best = v
		}
	}
	rest := numbers{}
	for name, v := range values {
		if v != best {
			rest = append(rest, number{name, v})
		}
	}
	slices.SortFunc(rest, func(x, y number) int { return compareNames(x.name, y.name) })
	return best, rest
}

// compareNames puts longer names first: a pattern's key also matches at the end of
// a longer name, and the first key that matches wins.
func compareNames(x, y string) int {
	if len(x) != len(y) {
		return len(y) - len(x)
	}
	return strings.Compare(x, y)
}

type number struct {
	name  string
	value float64
}

// numbers is a JSON object with its keys in a chosen order.
type numbers []number

// MarshalJSON writes the keys in order.
func (n numbers) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, entry := range n {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.Marshal(entry.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(entry.value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

func encodeJSON(v any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}
