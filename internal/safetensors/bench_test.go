package safetensors

import (
	"bytes"
	"fmt"
	"testing"
)

// adapterLayout is the layout of a LoRA adapter of that many modules, each of
// an A of 16×4096 and a B of 4096×16, in BF16.
func adapterLayout(tb testing.TB, modules int) *Layout {
	tb.Helper()
	l, err := NewLayout(adapterSpecs(modules), map[string]string{"format": "pt"})
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

func adapterSpecs(modules int) []Spec {
	specs := make([]Spec, 0, 2*modules)
	for i := range modules {
		module := fmt.Sprintf("base_model.model.model.layers.%d.self_attn.proj_%d", i/7, i%7)
		specs = append(specs,
			Spec{module + ".lora_A.weight", BF16, []int{16, 4096}},
			Spec{module + ".lora_B.weight", BF16, []int{4096, 16}})
	}
	return specs
}

func BenchmarkReadHeader(b *testing.B) {
	for _, modules := range []int{36, 2000} {
		b.Run(fmt.Sprintf("tensors=%d", 2*modules), func(b *testing.B) {
			l := adapterLayout(b, modules)
			r := bytes.NewReader(l.Header())
			b.SetBytes(int64(len(l.Header())))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := readHeader("x", r, l.Size()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The headers that cost most, of those that are accepted.
func BenchmarkReadLargestHeader(b *testing.B) {
	for name, test := range largestHeaders {
		b.Run(name, func(b *testing.B) {
			if err := benchmarkHeader(b, fullFile(maxTensors, test.member), test.dataSize); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// The headers that cost most, of those that are refused.
func BenchmarkRefuseHeader(b *testing.B) {
	for name, test := range hostileHeaders {
		b.Run(name, func(b *testing.B) {
			if err := benchmarkHeader(b, fullFile(maxHeader, test.member), test.dataSize); err == nil {
				b.Fatal("accepted")
			}
		})
	}
}

func benchmarkHeader(b *testing.B, content []byte, dataSize int64) (err error) {
	r := bytes.NewReader(content)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		_, err = readHeader("x", r, int64(len(content))+dataSize)
	}
	return err
}

func BenchmarkNewLayout(b *testing.B) {
	specs := adapterSpecs(2000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewLayout(specs, nil); err != nil {
			b.Fatal(err)
		}
	}
}
