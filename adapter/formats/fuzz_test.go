package formats_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/fault"
)

// FuzzOpen opens a file of weights, beside a configuration unless that is empty, under a name of
// each format. What is refused is refused by Faults; what is opened can be summarized as long as
// it holds no NaN, and be laid out again as the same modules.
func FuzzOpen(f *testing.F) {
	pair := func(a, b string, more ...string) string {
		header := fmt.Sprintf(`{"%s":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"%s":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]}`, a, b)
		for _, m := range more {
			header += "," + m
		}
		return header + "}"
	}
	mlx := `{"fine_tune_type":"lora","num_layers":-1,"lora_parameters":{"rank":1,"scale":2.0,"dropout":0}}`
	for _, seed := range [][2]string{
		{pair("lora_unet_a.lora_down.weight", "lora_unet_a.lora_up.weight", `"lora_unet_a.alpha":{"dtype":"F32","shape":[],"data_offsets":[16,20]}`), ""},
		{pair("lora_te1_a_0.lora_down.weight", "lora_te1_a_0.lora_up.weight", `"__metadata__":{"ss_base_model_version":"sd_v1"}`), ""},
		{pair("unet.a.lora_A.weight", "unet.a.lora_B.weight", `"__metadata__":{"lora_adapter_metadata":"{\"unet.r\":1,\"unet.lora_alpha\":2,\"unet.alpha_pattern\":{\"a\":3}}"}`), ""},
		{pair("unet.a.attn1.processor.to_out_lora.down.weight", "unet.a.attn1.processor.to_out_lora.up.weight"), ""},
		{pair("transformer.a.lora_A.weight", "transformer.a.lora_B.weight", `"transformer.a.alpha":{"dtype":"BF16","shape":[1],"data_offsets":[16,18]}`), ""},
		{pair("model.layers.0.q.lora_b", "model.layers.0.q.lora_a"), mlx},
		{`{"m.switch_mlp.up_proj.lora_a":{"dtype":"F32","shape":[2,1,1],"data_offsets":[0,8]},"m.switch_mlp.up_proj.lora_b":{"dtype":"F32","shape":[2,1,1],"data_offsets":[8,16]}}`, mlx},
		{pair("base_model.model.q.lora_A.weight", "base_model.model.q.lora_B.weight"), `{"peft_type":"LORA","r":1,"lora_alpha":2}`},
		{pair("base_model.model.mlp.experts.lora_A.weight", "base_model.model.mlp.experts.lora_B.weight"), `{"peft_type":"LORA","r":1,"lora_alpha":2,"target_parameters":["mlp.experts.down_proj"]}`},
	} {
		f.Add([]byte(seed[0]), []byte{0, 0, 128, 63}, []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, header, tail, config []byte) {
		if len(header)+len(tail) > 1<<16 {
			t.Skip()
		}
		weights := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
		weights = append(append(append(weights, header...), make([]byte, 16)...), tail...)
		for _, format := range formats.All {
			folder := t.TempDir()
			writeFile(t, filepath.Join(folder, format.Names().Weights), weights)
			if len(config) > 0 {
				writeFile(t, filepath.Join(folder, "adapter_config.json"), config)
			}
			checkOpened(t, folder)
		}
	})
}

// checkOpened opens a folder, and writes what is opened again.
func checkOpened(t *testing.T, folder string) {
	opened, err := formats.Open(folder)
	if err != nil {
		for _, one := range multierror.Append(nil, err).Errors {
			if _, ok := errors.AsType[*fault.Fault](one); !ok {
				t.Fatalf("%v is no Fault", one)
			}
		}
		return
	}
	defer opened.Close()
	summary, err := opened.Summarize(t.Context())
	if err != nil {
		if _, ok := errors.AsType[*fault.Fault](err); !ok {
			t.Fatalf("%v is no Fault", err)
		}
		return
	}
	modules := make([]*adapter.Module, len(opened.Modules))
	for i := range modules {
		modules[i] = &opened.Modules[i]
		if scale := modules[i].Scale; modules[i].Form != adapter.Whole && (math.IsNaN(scale) || math.IsInf(scale, 0)) {
			t.Fatalf("%s has the scale %v", modules[i].Name, scale)
		}
	}
	content := adapter.Content{Inputs: []*adapter.Adapter{opened}, Modules: modules, Base: opened.Base}
	if layout, err := opened.Format.Layout(content); err == nil {
		checkWritten(t, opened, summary, layout)
	}
}

// checkWritten writes what was opened, and opens that: the same modules, with the same norms of ΔW
// up to the rounding of a scale to float32.
func checkWritten(t *testing.T, opened *adapter.Adapter, before *adapter.Summary, layout *adapter.Layout) {
	folder := t.TempDir()
	writer, err := layout.Create(filepath.Join(folder, layout.Names.Weights), nil)
	if err != nil {
		return // of a name that no file can have
	}
	for i := range opened.Modules {
		for index, tensor := range opened.Modules[i].Tensors() {
			x := make([]float32, tensor.Elements())
			if err := errors.Join(opened.Read(tensor, x), writer.Write(&opened.Modules[i], index, x)); err != nil {
				_ = writer.Abort()
				return // of a value that is too large once the scale is in it
			}
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if layout.Names.Config != "" {
		writeFile(t, filepath.Join(folder, layout.Names.Config), layout.Config)
	}
	again, err := formats.Open(folder)
	if err != nil {
		t.Fatalf("what was written is refused: %v", err)
	}
	defer again.Close()
	after, err := again.Summarize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again.Format != opened.Format || len(after.Modules) != len(before.Modules) {
		t.Fatalf("%d modules of %s became %d of %s", len(before.Modules), before.Format, len(after.Modules), after.Format)
	}
	for i, m := range after.Modules {
		b := before.Modules[i]
		ordinary := b.Norm > 1e-20 && b.Norm < 1e20 && math.Abs(b.Scale) > 1e-20 && math.Abs(b.Scale) < 1e20
		if m.Name != b.Name || ordinary && math.Abs(m.Norm-b.Norm) > 1e-5*b.Norm {
			t.Fatalf("%q of norm %v became %q of norm %v", b.Name, b.Norm, m.Name, m.Norm)
		}
	}
}
