package peft

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"pgregory.net/rapid"
)

// scalesOf writes the scales of modules and gives the text of the fields concerned.
func scalesOf(t *testing.T, modules ...*adapter.Module) string {
	t.Helper()
	var out OutConfig
	out.setScales(modules)
	text, err := json.Marshal(&out)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("r %s %s α %s %s rslora %s", fields["r"], fields["rank_pattern"], fields["lora_alpha"], fields["alpha_pattern"], fields["use_rslora"])
}

func TestScalesAsWritten(t *testing.T) {
	for want, modules := range map[string][]*adapter.Module{
		"r 8 {} α 8 {} rslora false": nil,
		"r 2 {} α 3 {} rslora false": {linear("a", 2, 1.5)},
		"r 8 {} α 0 {} rslora false": {linear("a", 8, 0)},
		"r 3 {} α 1 {} rslora false": {linear("a", 3, 1.0/3)},
		"r 8 {} α 16 {} rslora true": {linear("a", 8, 16/math.Sqrt(8))},
		"r 4 {} α 8 {} rslora false": {linear("a", 4, 8/math.Sqrt(4)/2)},
		// r is the largest rank, also where it is rare, and α belongs to it.
		`r 8 {"a":4,"c":4} α 16 {"a":8,"c":8} rslora false`:        {linear("a", 4, 2), linear("b", 8, 2), linear("c", 4, 2)},
		`r 8 {"a":4,"c":4} α 16 {} rslora false`:                   {linear("a", 4, 4), linear("b", 8, 2), linear("c", 4, 4)},
		`r 8 {"a":2} α 8 {"a":2,"c":24} rslora false`:              {linear("a", 2, 1), linear("b", 8, 1), linear("c", 8, 3), linear("d", 8, 1)},
		`r 9 {"a":2} α 9 {"a":2} rslora false`:                     {linear("a", 2, 1), linear("b", 9, 1)},
		`r 8 {"a":2} α 16 {} rslora true`:                          {linear("a", 2, 16/math.Sqrt(2)), linear("b", 8, 16/math.Sqrt(8))},
		`r 4 {} α 8 {"b":2} rslora false`:                          {linear("a", 4, 2), linear("b", 4, 0.5), linear("c", 4, 2)},
		`r 8 {"a":4} α 16 {"a":8} rslora false`:                    {linear("a", 4, 2), linear("b", 8, 2)},
		`r 4 {"x.a":4,"a":2} α 4 {"x.a":4,"a":2} rslora false`:     {linear("a", 2, 1), linear("x.a", 4, 1), linear("c", 4, 1)},
		`r 4 {"x.a":2} α 4 {"x.a":2} rslora false`:                 {linear("a", 4, 1), linear("x.a", 2, 1), linear("c", 4, 1)},
		`r 4 {"a_b":4,"a.b":2} α 4 {"a_b":4,"a.b":2} rslora false`: {linear("a.b", 2, 1), linear("a_b", 4, 1), linear("c", 4, 1)},
		`r 4 {"a\\+":2} α 4 {"a\\+":2} rslora false`:               {linear("a+", 2, 1), linear("b", 4, 1), linear("c", 4, 1)},
	} {
		if got := scalesOf(t, modules...); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// Whatever r, α and use_rslora an input had, PEFT computes the very same scale from what
// is written, and α stays whole where it was.
func TestScalesAreKept(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rsLoRA := rapid.Bool().Draw(rt, "use_rslora")
		wholeAlpha := rapid.Bool().Draw(rt, "whole")
		var modules []*adapter.Module
		for i := range rapid.IntRange(1, 4).Draw(rt, "modules") {
			rank := rapid.IntRange(1, 512).Draw(rt, "r")
			alpha := rapid.Float64Range(-1e4, 1e4).Draw(rt, "alpha")
			if wholeAlpha {
				alpha = math.Round(alpha)
			}
			modules = append(modules, linear(fmt.Sprintf("h.%d.q", i), rank, alpha/divisor(rank, rsLoRA)))
		}
		config, err := MergedConfig(nil, modules, adapter.Base{}).JSON()
		if err != nil {
			rt.Fatal(err)
		}
		c, err := parseConfig("file", config)
		if err != nil {
			rt.Fatalf("%s\n%v", config, err)
		}
		for _, m := range modules {
			got := &adapter.Module{Name: m.Name, Rank: m.Rank}
			if err := c.scale("file", got); err != nil || got.Scale != m.Scale || c.rank(m.Name) != m.Rank {
				rt.Errorf("%s: scale %v became %v, rank %d became %d, %v", m.Name, m.Scale, got.Scale, m.Rank, c.rank(m.Name), err)
			}
			if wholeAlpha && got.Alpha != math.Trunc(got.Alpha) {
				rt.Errorf("%s: α is %v", m.Name, got.Alpha)
			}
		}
	})
}

// A scale that no α gives exactly comes within one part in 2⁵² of itself.
func TestScaleWithoutExactAlpha(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scale := rapid.Float64Range(1e-6, 1e6).Draw(t, "scale")
		rank := rapid.IntRange(1, 512).Draw(t, "r")
		alpha, exact := alphaFor(scale, float64(rank))
		got := alpha / float64(rank)
		if exact != (got == scale) || math.Abs(got-scale) > scale*0x1p-52 {
			t.Errorf("%v at rank %d: α %v gives %v, exact %v", scale, rank, alpha, got, exact)
		}
	})
}

// TestPatternsOfNamesThatEndAlike: every module gets its own rank and scale by PEFT's rule
// (the first key for which `(.*\.)?(key)$` matches), with the prefix that PEFT's own names
// lack and those of a file have, and without.
func TestPatternsOfNamesThatEndAlike(t *testing.T) {
	names := []string{"a", "x.a", "y.x.a", "a.b", "a_b", "x.a.b", "x.a_b", "y.b", "b", "b+", "x.b+"}
	rapid.Check(t, func(t *rapid.T) {
		var modules []*adapter.Module
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, len(names), rapid.ID).Draw(t, "names") {
			modules = append(modules, linear(name, rapid.IntRange(1, 3).Draw(t, "r of "+name), float64(rapid.IntRange(1, 3).Draw(t, "scale of "+name))))
		}
		config := MergedConfig(nil, modules, adapter.Base{})
		for _, m := range modules {
			for _, prefix := range []string{"", "base_model.model."} {
				rank := config.RankPattern.first(prefix+m.Name, float64(config.R))
				alpha := config.AlphaPattern.first(prefix+m.Name, config.Alpha)
				if got := alpha / divisor(int(rank), config.UseRSLoRA); int(rank) != m.Rank || math.Abs(got-m.Scale) > 1e-12 {
					t.Errorf("%s%s: rank %v and scale %v; want %d and %v", prefix, m.Name, rank, got, m.Rank, m.Scale)
				}
			}
		}
	})
}

// first is what PEFT finds for a module.
func (p OutPattern) first(module string, usual float64) float64 {
	for _, entry := range p {
		if regexp.MustCompile(`^(.*\.)?(` + entry.key + `)$`).MatchString(module) {
			return entry.value
		}
	}
	return usual
}
