package mlx_test

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/mlx"
)

// stackOf are the halves of a stack of experts, lora_a [experts, r, in] and lora_b [experts, out, r].
func stackOf(module string, experts, in, r, out int) map[string]matrix {
	return map[string]matrix{module + ".lora_a": ramp(experts, r, in), module + ".lora_b": ramp(experts, out, r)}
}

// stackDeltas are ΔW[e] = scale·b[e]·a[e] of the stacks in a file (LoRASwitchLinear.fuse in mlx_lm/tuner/lora.py), by
// the modules' names here.
func stackDeltas(tensors map[string]matrix, scale float64) map[string]matrix {
	out := make(map[string]matrix)
	for name, a := range tensors {
		module, isA := strings.CutSuffix(name, ".lora_a")
		if !isA || len(a.shape) != 3 {
			continue
		}
		b := tensors[module+".lora_b"]
		experts, r, in, rows := a.shape[0], a.shape[1], a.shape[2], b.shape[1]
		for e := range experts {
			delta := matrix{shape: []int{rows, in}, data: make([]float64, rows*in)}
			for o := range rows {
				for i := range in {
					for k := range r {
						delta.data[o*in+i] += scale * b.data[(e*rows+o)*r+k] * a.data[(e*r+k)*in+i]
					}
				}
			}
			out[module+"["+strconv.Itoa(e)+"/"+strconv.Itoa(experts)+"]"] = delta
		}
	}
	return out
}

// TestExperts: the experts of a stack are modules of their own, and are written into one again, beside linear layers
// of a larger rank.
func TestExperts(t *testing.T) {
	const layer = "model.layers.0.mlp.switch_mlp."
	tensors := joined(stackOf(layer+"gate_proj", 3, 4, 2, 5), stackOf(layer+"down_proj", 3, 5, 2, 4), pairOf("model.layers.0.self_attn.q_proj", 4, 3, 4))
	a := mustOpen(t, mlx.Format, folder(t, plain, tensors))
	want := stackDeltas(tensors, 20)
	if len(a.Modules) != 7 || len(want) != 6 {
		t.Fatalf("%d modules, of which %d are experts", len(a.Modules), len(want))
	}
	got := make(map[string]matrix)
	for i := range a.Modules {
		if m := &a.Modules[i]; m.Form == adapter.Expert {
			got[m.Name] = deltaOf(t, a, m)
		}
	}
	sameDeltas(t, "as read", got, want)

	out := written(t, a, 0)
	again := stored(t, filepath.Join(out, "adapters.safetensors"))
	for name, shape := range map[string][]int{layer + "gate_proj.lora_a": {3, 3, 4}, layer + "gate_proj.lora_b": {3, 5, 3}, "model.layers.0.self_attn.q_proj.lora_a": {4, 3}} {
		if got := again[name].shape; !slices.Equal(got, shape) {
			t.Errorf("%s has the shape %d, not %d", name, got, shape)
		}
	}
	sameDeltas(t, "as written", stackDeltas(again, 20), want)
	if keys := configOf(t, out).Parameters.Keys; !slices.Equal(keys, []string{"mlp.switch_mlp.down_proj", "mlp.switch_mlp.gate_proj", "self_attn.q_proj"}) {
		t.Errorf("keys %q", keys)
	}
}

// TestSameStack: what needs no padding is written as it was, to the last bit.
func TestSameStack(t *testing.T) {
	tensors := stackOf("model.layers.0.mlp.switch_mlp.up_proj", 2, 3, 2, 4)
	out := written(t, mustOpen(t, mlx.Format, folder(t, plain, tensors)), 0)
	sameDeltas(t, "the tensors", stored(t, filepath.Join(out, "adapters.safetensors")), tensors)
}

// TestStackVector: the expected ΔW are those of the same experts in PEFT's stacks, gate before up.
func TestStackVector(t *testing.T) {
	needVectors(t)
	path := filepath.Join(vectors, "experts", "mlx-switch")
	if _, ok := mlx.Format.Find(path); !ok {
		t.Skip("experts/mlx-switch is not there")
	}
	a := mustOpen(t, mlx.Format, path)
	got := make(map[string]matrix)
	for i := range a.Modules {
		got[a.Modules[i].Name] = deltaOf(t, a, &a.Modules[i])
	}
	if len(got) == 0 {
		t.Error("no module")
	}
	tensors := stored(t, filepath.Join(path, "adapters.safetensors"))
	sameDeltas(t, "mlx-switch", got, stackDeltas(tensors, configOf(t, path).Parameters.Scale))
}
