package adapter_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/adapter/peft"
)

const config = `{"peft_type": "LORA", "base_model_name_or_path": "org/model", "r": 2, "lora_alpha": 4, "target_modules": ["q_proj"]}`

// oneModule describes the pair A [2, 3], B [2, 2] of one layer.
func oneModule() *adapter.Module {
	return &adapter.Module{
		Name: "layers.0.q_proj", Rank: 2, Alpha: 2, Scale: 1,
		A: adapter.Tensor{DType: adapter.F32, Shape: []int{2, 3}},
		B: adapter.Tensor{DType: adapter.F32, Shape: []int{2, 2}},
	}
}

// save writes the folder of an adapter with one module.
func save(folder string) error {
	m := oneModule()
	layout, err := peft.Format.Layout(adapter.Content{Modules: []*adapter.Module{m}})
	if err != nil {
		log.Fatal(err)
	}
	w, err := layout.Create(filepath.Join(folder, layout.Names.Weights), nil)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := w.Write(m, 0, []float32{1, 2, 3, 4, 5, 6}); err != nil {
		return err
	}
	if err := w.Write(m, 1, []float32{1, 0, 0, 1}); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, peft.ConfigFile), []byte(config), 0o600)
}

func ExampleOpen() {
	folder, err := os.MkdirTemp("", "adapter")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	if err := save(folder); err != nil {
		log.Fatal(err)
	}

	a, err := formats.Open(folder)
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	for _, m := range a.Modules {
		x := make([]float32, m.A.Elements())
		if err := a.Read(m.A, x); err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.Name, m.Form, "rank", m.Rank, "scale", m.Scale, "A", x)
	}
	// Output:
	// layers.0.q_proj linear rank 2 scale 2 A [1 2 3 4 5 6]
}

func ExampleLayout_Create() {
	folder, err := os.MkdirTemp("", "adapter")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)

	m := oneModule()
	m.A.DType = adapter.F16
	layout, err := peft.Format.Layout(adapter.Content{Modules: []*adapter.Module{m}})
	if err != nil {
		log.Fatal(err)
	}
	w, err := layout.Create(filepath.Join(folder, layout.Names.Weights), map[string]string{"format": "pt"})
	if err != nil {
		log.Fatal(err)
	}
	defer w.Abort()
	fmt.Println(w.Write(m, 0, []float32{1, 2, 3, 4, 5, 6}))
	fmt.Println(w.Write(m, 0, []float32{1, 2, 3, 4, 5, 65520}))
	// Output:
	// <nil>
	// tensor "base_model.model.layers.0.q_proj.lora_A.weight" holds 65520, which F16 can't hold
}
