package safetensors

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// The expected bytes are those of test_empty, test_serialization and
// test_serialization_forced_alignement in the reference implementation,
// https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs
func TestHeaderIsTheReferences(t *testing.T) {
	tests := map[string]struct {
		specs    []Spec
		metadata map[string]string
		want     string
	}{
		"empty":    {nil, nil, "\x08\x00\x00\x00\x00\x00\x00\x00{}      "},
		"metadata": {nil, map[string]string{"framework": "pt"}, "\x28\x00\x00\x00\x00\x00\x00\x00" + `{"__metadata__":{"framework":"pt"}}     `},
		"tensor": {
			[]Spec{{"attn.0", F32, []int{1, 2, 3}}}, nil,
			"\x40\x00\x00\x00\x00\x00\x00\x00" + `{"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}`,
		},
		"padded": {
			[]Spec{{"attn0", F32, []int{1, 1, 2, 3}}}, nil,
			"\x48\x00\x00\x00\x00\x00\x00\x00" + `{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}       `,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l, err := NewLayout(test.specs, test.metadata)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(l.Header()); got != test.want {
				t.Errorf("header\n%q, want\n%q", got, test.want)
			}
		})
	}
}

func TestLayoutPlaces(t *testing.T) {
	specs := []Spec{{"b", U8, []int{3}}, {"empty", F32, []int{0, 5}}, {"a", F64, nil}, {"c", F4, []int{2, 3}}}
	l, err := NewLayout(specs, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []Tensor{{"b", U8, []int{3}, 0, 3}, {"empty", F32, []int{0, 5}, 3, 3}, {"a", F64, nil, 3, 11}, {"c", F4, []int{2, 3}, 11, 14}}
	if !equalTensors(l.Tensors(), want) {
		t.Errorf("tensors %v, want %v", l.Tensors(), want)
	}
	if got := l.Size() - int64(len(l.Header())); got != 14 {
		t.Errorf("%d bytes of data, want 14", got)
	}
	if a, ok := l.Lookup("a"); !ok || a.Begin != 3 {
		t.Errorf(`Lookup("a") = %v, %v`, a, ok)
	}
	var elements []int
	for _, tensor := range l.Tensors() {
		elements = append(elements, tensor.Elements())
	}
	if want := []int{3, 0, 1, 6}; !slices.Equal(elements, want) {
		t.Errorf("elements %v, want %v", elements, want)
	}
}

func TestLayoutKeepsItsOwnShapes(t *testing.T) {
	shape := []int{2, 3}
	l, err := NewLayout([]Spec{{"a", U8, shape}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	shape[0] = 100
	if a, _ := l.Lookup("a"); !slices.Equal(a.Shape, []int{2, 3}) {
		t.Errorf("shape %v after the spec's was changed", a.Shape)
	}
}

func TestLayoutRefuses(t *testing.T) {
	u8 := func(name string, shape ...int) Spec { return Spec{name, U8, shape} }
	tests := map[string]struct {
		specs    []Spec
		metadata map[string]string
		want     string
	}{
		"name twice":            {[]Spec{u8("a", 1), u8("b", 1), u8("a", 2)}, nil, `two tensors are named "a"`},
		"newline in a name":     {[]Spec{u8("a\nb", 1)}, nil, `tensor "a\nb": the name has a control character at its byte 1`},
		"C1 in a name":          {[]Spec{u8("a\u0085", 1)}, nil, "the name has a control character at its byte 1"},
		"name not UTF-8":        {[]Spec{u8("a\xc2", 1)}, nil, `tensor "a\xc2": the name is not UTF-8`},
		"name of the metadata":  {[]Spec{u8("__metadata__", 1)}, nil, "the format keeps this name"},
		"negative":              {[]Spec{u8("a", -1)}, nil, `tensor "a": shape [-1] has a negative dimension`},
		"negative, after 0":     {[]Spec{u8("a", 0, -1)}, nil, "has a negative dimension"},
		"product overflows":     {[]Spec{u8("a", math.MaxInt, math.MaxInt)}, nil, "overflows"},
		"sum overflows":         {slices.Repeat([]Spec{{"a", U64, []int{1 << 30, 1 << 26}}}, 16), nil, "the sum of its tensors' sizes overflows"},
		"half bytes":            {[]Spec{{"a", F4, []int{3}}}, nil, "don't come to whole bytes"},
		"too many dimensions":   {[]Spec{u8("a", make([]int, maxRank+1)...)}, nil, "has 65 dimensions, and at most 64"},
		"too many in all":       {slices.Repeat([]Spec{u8("a", make([]int, maxRank)...)}, maxDims/maxRank+1), nil, "more than 3000000 dimensions"},
		"too many tensors":      {make([]Spec, maxTensors+1), nil, "at most 1000000 are allowed"},
		"metadata key no UTF-8": {nil, map[string]string{"\xff": ""}, `entry "\xff" is not UTF-8`},
		"metadata not UTF-8":    {nil, map[string]string{"a": "\xff"}, `entry "a" is not UTF-8`},
		"too much metadata":     {nil, manyEntries(maxMetadata + 1), "at most 65536 are allowed"},
		"header of over 100 MB": {nil, map[string]string{"a": strings.Repeat("a", maxHeader)}, "at most 100000000 are allowed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := NewLayout(test.specs, test.metadata)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want it to say %q", err, test.want)
			}
		})
	}
}

func manyEntries(n int) map[string]string {
	m := make(map[string]string, n)
	for i := range n {
		m[string(rune(0x10000+i))] = ""
	}
	return m
}

// The largest that a layout allows is what a reader allows.
func TestLimitsAreTheReaders(t *testing.T) {
	metadata := manyEntries(maxMetadata)
	f := writeAndOpen(t, nil, metadata)
	if !maps.Equal(f.Metadata(), metadata) {
		t.Errorf("%d entries of metadata came back, of %d", len(f.Metadata()), len(metadata))
	}
}
