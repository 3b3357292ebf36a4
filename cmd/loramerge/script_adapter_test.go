package main

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// cmdAdapter writes a small adapter:
//
//	adapter DIR KEY=VALUE…
//
//	seed=1                    of its values, which are normally distributed
//	rank=4 alpha=8            of every module
//	dtype=F32                 or F16, BF16, F64
//	modules=l.0.q,l.1.q       names of the pairs: A [rank, 6] and B [5, rank]
//	width=6                   of A, and one more than the height of B
//	heads=NAME,…              whole tensors [3, 5] beside them; none unless given
//	tokens=7,20-29            rows of tokens of model.embed_tokens; none unless given
//	nan=TENSOR inf=TENSOR     a tensor whose last value is NaN or Inf
//	base=tiny                 and any other field of adapter_config.json: JSON, or text
func cmdAdapter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: adapter DIR KEY=VALUE…")
	}
	p := pretend{seed: 1, rank: 4, width: 6, dtype: safetensors.F32, modules: []string{"l.0.q", "l.1.q"}, spoilt: map[string]float32{},
		config: map[string]any{"peft_type": "LORA", "base_model_name_or_path": "tiny", "lora_alpha": 8, "target_modules": []string{"q"}}}
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(arg, "=")
		ts.Check(p.set(key, value))
	}
	p.config["r"] = p.rank
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	text, err := json.MarshalIndent(p.config, "", "  ")
	ts.Check(err)
	ts.Check(os.WriteFile(filepath.Join(dir, peft.ConfigFile), text, 0o666))
	ts.Check(p.writeWeights(filepath.Join(dir, peft.WeightsFile)))
}

// pretend is an adapter to write.
type pretend struct {
	seed           uint64
	rank, width    int
	dtype          safetensors.DType
	modules, heads []string
	spoilt         map[string]float32 // by tensor
	config         map[string]any
	tokens         []int // whose rows are beside them
}

// setTokens takes a list of ids, and of first and last ones.
func (p *pretend) setTokens(value string) error {
	for span := range strings.SplitSeq(value, ",") {
		first, last, several := strings.Cut(span, "-")
		from, err := strconv.Atoi(first)
		to := from
		if err == nil && several {
			to, err = strconv.Atoi(last)
		}
		if err != nil {
			return err
		}
		for id := from; id <= to; id++ {
			p.tokens = append(p.tokens, id)
		}
	}
	p.config["trainable_token_indices"] = p.tokens
	return nil
}

func (p *pretend) set(key, value string) (err error) {
	switch key {
	case "seed":
		p.seed, err = strconv.ParseUint(value, 10, 64)
	case "rank":
		p.rank, err = strconv.Atoi(value)
	case "width":
		p.width, err = strconv.Atoi(value)
	case "alpha":
		p.config["lora_alpha"] = json.RawMessage(value)
	case "dtype":
		var known bool
		if p.dtype, known = safetensors.ParseDType(value); !known {
			err = fmt.Errorf("there is no dtype %q", value)
		}
	case "modules":
		p.modules = strings.Split(value, ",")
	case "heads":
		p.heads = strings.Split(value, ",")
	case "tokens":
		err = p.setTokens(value)
	case "nan":
		p.spoilt[value] = float32(math.NaN())
	case "inf":
		p.spoilt[value] = float32(math.Inf(1))
	case "base":
		p.config["base_model_name_or_path"] = jsonOrText(value)
	default:
		p.config[key] = jsonOrText(value)
	}
	return err
}

func jsonOrText(value string) any {
	if json.Valid([]byte(value)) {
		return json.RawMessage(value)
	}
	return value
}

func (p *pretend) tensors() []safetensors.Spec {
	const classes = 3
	in, out := p.width, p.width-1
	var all []safetensors.Spec
	for _, m := range p.modules {
		name := "base_model.model." + m
		all = append(all, safetensors.Spec{Name: name + ".lora_A.weight", DType: p.dtype, Shape: []int{p.rank, in}},
			safetensors.Spec{Name: name + ".lora_B.weight", DType: p.dtype, Shape: []int{out, p.rank}})
	}
	for _, head := range p.heads {
		all = append(all, safetensors.Spec{Name: "base_model.model." + head, DType: p.dtype, Shape: []int{classes, out}})
	}
	if len(p.tokens) > 0 {
		all = append(all, safetensors.Spec{Name: "base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta", DType: p.dtype, Shape: []int{len(p.tokens), out}})
	}
	return all
}

func (p *pretend) writeWeights(path string) error {
	specs := p.tensors()
	layout, err := safetensors.NewLayout(specs, map[string]string{"format": "pt"})
	if err != nil {
		return err
	}
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	file, err := safetensors.Create(path, layout)
	if err != nil {
		return err
	}
	defer file.Abort()
	for _, spec := range specs {
		if err := file.WriteAt(spec.Name, p.values(spec), 0); err != nil {
			return err
		}
	}
	return file.Close()
}

// values draws a tensor's values from a stream of its own.
func (p *pretend) values(spec safetensors.Spec) []byte {
	hash := fnv.New64a()
	hash.Write([]byte(spec.Name))
	random := rand.New(rand.NewPCG(p.seed, hash.Sum64()))
	x := make([]float32, spec.Shape[0]*spec.Shape[1])
	for i := range x {
		x[i] = float32(random.NormFloat64())
	}
	if bad, ok := p.spoilt[spec.Name]; ok {
		x[len(x)-1] = bad
	}
	raw := make([]byte, len(x)*spec.DType.Bits()/8)
	encoders[spec.DType](raw, x)
	return raw
}

var encoders = map[safetensors.DType]func([]byte, []float32){
	safetensors.F32: kernels.EncodeF32, safetensors.F16: kernels.EncodeF16,
	safetensors.BF16: kernels.EncodeBF16, safetensors.F64: kernels.EncodeF64,
}
