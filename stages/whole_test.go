package stages_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/stages"
	"pgregory.net/rapid"
)

// withHead adds a whole tensor of four elements, 1 to 4.
func withHead(f flow, dtype adapter.DType) flow { return withWhole(f, "score.weight", dtype) }

func withWhole(f flow, name string, dtype adapter.DType) flow {
	head := &adapter.Module{Name: name, Form: adapter.Whole, W: adapter.Tensor{DType: dtype, Shape: []int{2, 2}}}
	f.Members = slices.Clone(f.Members)
	f.Members[0].Modules = append(slices.Clone(f.Members[0].Modules), head)
	part := stages.Part{Adapter: f.Members[0].Name, W: stages.Matrix{Rows: 1, Cols: 4, Data: []float32{1, 2, 3, 4}}}
	if !dtype.IsFloat() {
		part.W, part.Raw = stages.Matrix{}, []byte{1, 2, 3, 4}
	}
	f.at[name] = stages.Value{part}
	return f
}

// wantFault wants exactly one Fault, at a line of the recipe, with these words
// in its text and its remedy.
func wantFault(t rapid.TB, err error, line int, text, remedy string) {
	t.Helper()
	all := fault.List(err)
	if len(all) != 1 {
		t.Fatalf("%d mistakes: %v; want one with %q", len(all), all, text)
	}
	m, ok := all[0].(*fault.Fault)
	if !ok || m.Line != line || m.Column < 1 || !strings.Contains(m.Text, text) || !strings.Contains(m.Remedy, remedy) {
		t.Errorf("%v; want line %d, %q and the remedy %q", all[0], line, text, remedy)
	}
}

// TestWhole: heads are absolute weights. Verbs from n to n leave them as they are,
// verbs from n to 1 average them by shares that sum to 1, and refuse others.
func TestWhole(t *testing.T) {
	python := withHead(kindOf{shapes, 4, 1, adapter.F32, normal(1)}.make("python"), adapter.F32)
	sql := withHead(kindOf{shapes, 4, 1, adapter.F32, normal(2)}.make("sql"), adapter.F32)
	sql.at["score.weight"][0].W.Data = []float32{3, 2, 1, -4}
	for line, want := range map[string][]float32{
		"m: {average: [python, sql], weights: {python: 1, sql: 3}}":   {2.5, 2, 1.5, -2},
		"m: {sum: [python, sql], weights: {python: 0.5, sql: 0.5}}":   {2, 2, 2, 0},
		"m: {slerp: [python, sql], t: 0.25}":                          {1.5, 2, 2.5, 2},
		"m: {karcher: [python, sql]}":                                 {2, 2, 2, 0},
		"m: {concat: [python, sql], weights: {python: 0, sql: 1}}":    {3, 2, 1, -4},
		"m: {ties: [python, sql], density: 0.5}":                      {2, 2, 2, 0},
		"m: {trim: sql, density: 0.1}":                                {3, 2, 1, -4},
		"m: {scale: sql, by: 9, alpha: fold}":                         {3, 2, 1, -4},
		"m: {dare-drop: sql, density: 0.1}":                           {3, 2, 1, -4},
		"m: {rescale: sql, by: 9}":                                    {3, 2, 1, -4},
		"m: {linear: [python, sql], space: delta, rank: 3}":           {2, 2, 2, 0},
		"m: {average: [python, sql], over: weights, weights: 7}":      {2, 2, 2, 0},
		"m: {slerp: [python, sql, python2], weights: 1, order: tree}": nil,
	} {
		inputs := map[string]flow{"python": python, "sql": sql}
		if want == nil {
			inputs["python2"], want = renamed(python, "python2"), []float32{5. / 3, 2, 7. / 3, 4. / 3}
		}
		out := play(t, inputs, line)
		if got := out.at["score.weight"][0].W.Data; far(float64s(got), float64s(want)) > 1e-7 {
			t.Errorf("%s: the head is %v, want %v", line, got, want)
		}
	}
}

// renamed is the flow of one adapter under another name.
func renamed(f flow, name string) flow {
	out := flow{f.Type, make(map[string]stages.Value)}
	out.Members = slices.Clone(f.Members)
	out.Members[0].Name = name
	for module, value := range f.at {
		out.at[module] = slices.Clone(value)
		out.at[module][0].Adapter = name
	}
	return out
}

func TestWholeRefused(t *testing.T) {
	headed := func(name string, dtype adapter.DType) flow {
		return withHead(kindOf{shapes[:1], 4, 1, adapter.F32, normal(1)}.make(name), dtype)
	}
	for _, c := range []struct {
		dtype        adapter.DType
		line         string
		text, remedy string
	}{
		{adapter.F32, "m: {sum: [python, sql]}", "weights sum to 2", "use `average`"},
		{adapter.F32, "m: {sum: [python, sql], weights: 0.499}", "weights sum to 0.998", "select … exclude"},
		{adapter.F32, "m: {concat: [python, sql]}", "weights sum to 2", "let the weights sum to 1"},
		{adapter.F32, "m: {linear: [python, sql], like: peft}", "weights sum to 2", "use `average`"},
		{safetensors.I64, "m: {average: [python, sql]}", `can't be averaged here: "score.weight" holds I64`, `m_alike: {select: [python, sql], exclude: ["score.weight"]}`},
	} {
		inputs := map[string]flow{"python": headed("python", c.dtype), "sql": headed("sql", c.dtype)}
		_, err := newCourse(inputs, 1).play(c.line)
		wantFault(t, err, 6, c.text, c.remedy)
	}
}

// TestWholeCarried: a whole tensor that no arithmetic knows passes through where one
// adapter goes in and one comes out.
func TestWholeCarried(t *testing.T) {
	in := withHead(kindOf{shapes[:1], 4, 1, adapter.F32, normal(1)}.make("python"), safetensors.I64)
	for _, line := range []string{"m: {average: python}", "m: {slerp: python}", "m: {trim: python, density: 0.5}", "m: {svd: python, rank: 2}", "m: {save: python, to: out, dtype: float16}"} {
		out := play(t, map[string]flow{"python": in}, line)
		m, _ := out.Members[0].Find("score.weight")
		if !bytes.Equal(out.at["score.weight"][0].Raw, []byte{1, 2, 3, 4}) || m.W.DType != safetensors.I64 {
			t.Errorf("%s: %v of %s came out", line, out.at["score.weight"][0].Raw, m.W.DType)
		}
	}
}

// TestCopies: copies of the base model's own tensor are equal, and pass whatever the
// weights and whoever lacks one; where they are not equal there is no result.
func TestCopies(t *testing.T) {
	const name = "zz.base_layer.weight"
	bare := func(adapterName string, seed uint64) flow {
		return kindOf{shapes[:1], 4, 1, adapter.F32, normal(seed)}.make(adapterName)
	}
	inputs := map[string]flow{"python": withWhole(bare("python", 1), name, adapter.F32), "sql": withWhole(bare("sql", 2), name, adapter.F32), "chat": bare("chat", 3)}
	for _, line := range []string{
		"m: {sum: [python, sql, chat]}", "m: {sum: [chat, python]}", "m: {average: [python, sql], weights: {python: 0.333, sql: 0.3}}",
		"m: {concat: [chat, sql, python], weights: -3}", "m: {ties: [python, chat, sql], density: 0.5}", "m: {slerp: [python, sql], t: 0.3}", "m: {karcher: [chat, python]}",
	} {
		out := play(t, inputs, line)
		if got := out.at[name]; len(got) != 1 || got[0].Adapter != "m" || !slices.Equal(got[0].W.Data, []float32{1, 2, 3, 4}) {
			t.Errorf("%s: %v came out", line, got)
		}
	}
	inputs["sql"].at[name][0].W.Data = []float32{1, 2, 3, 5}
	_, err := newCourse(inputs, 1).play("m: {average: [python, sql]}")
	if want := `"zz.base_layer.weight" has no mean: the copies of the base model's weights in "python" and "sql" differ`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("copies that differ: %v", err)
	}
}
