package gen_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
)

func ExampleWrite() {
	dir, err := os.MkdirTemp("", "gen")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	spec := gen.Spec{
		Name: "french", Base: "loramerge/example", Rank: 4, Alpha: 8, DType: safetensors.F16,
		Modules: []gen.Module{{Name: "model.layers.0.self_attn.q_proj", Out: 64, In: 128}},
	}
	if err := gen.Write(dir, spec); err != nil {
		panic(err)
	}
	file, err := safetensors.Open(filepath.Join(dir, "adapter_model.safetensors"))
	if err != nil {
		panic(err)
	}
	defer file.Close()
	for _, t := range file.Tensors() {
		fmt.Println(t.Name, t.DType, t.Shape)
	}
	// Output:
	// base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight F16 [4 128]
	// base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight F16 [64 4]
}
