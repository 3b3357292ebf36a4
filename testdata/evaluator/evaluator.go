// Command evaluator scores an adapter on documents that no adapter was trained on, as the tutorial
// shows. Its model is one linear layer, of which the adapters know what the base model does
// not: asked x, it answers ΔW·x, with ΔW = s·B·A of one module of the adapter. A document's score is
// the mean squared error of the answer, in thousandths; less is better.
//
//	evaluator ADAPTER HELDOUT [FIRST-LAST]
//
// prints the scores for loramerge: of each file HELDOUT/TASK.jsonl the metric TASK, on all its
// documents or on those of a range, which counts from 0. It is one file that needs nothing but Go.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"strings"
)

const module = "base_model.model.model.layers.0.self_attn.v_proj"

func main() {
	log.SetFlags(0)
	first, last := 0, math.MaxInt
	switch len(os.Args) {
	case 3:
	case 4:
		if _, err := fmt.Sscanf(os.Args[3], "%d-%d", &first, &last); err != nil {
			log.Fatalf("the range %q: %v", os.Args[3], err)
		}
	default:
		log.Fatal("usage: evaluator ADAPTER HELDOUT [FIRST-LAST]")
	}
	model, err := load(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(os.Args[2], "*.jsonl"))
	if err != nil || len(files) == 0 {
		log.Fatalf("no documents in %s: %v", os.Args[2], err)
	}
	metrics, samples := make(map[string]any), make(map[string]any)
	for _, file := range files {
		scores, err := model.score(file, first, last)
		if err != nil {
			log.Fatalf("%s: %v", file, err)
		}
		sum := 0.0
		for _, score := range scores {
			sum += score
		}
		task := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		metrics[task] = map[string]any{"value": sum / float64(len(scores)), "direction": "minimize"}
		samples[task] = scores
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"metrics": metrics, "samples": samples}); err != nil {
		log.Fatal(err)
	}
}

// layer is s·B·A by its factors.
type layer struct {
	scale float64
	a, b  [][]float32
}

// score is the error of each document from first to last, by its ID.
func (l *layer) score(file string, first, last int) (map[string]float64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	out := make(map[string]float64)
	lines := bufio.NewScanner(bytes.NewReader(text))
	for number := 0; lines.Scan() && number <= last; number++ {
		if number < first {
			continue
		}
		var document struct {
			ID   string
			X, Y []float64
		}
		if err := json.Unmarshal(lines.Bytes(), &document); err != nil {
			return nil, err
		}
		sum := 0.0
		for i, answer := range times(l.b, times(l.a, document.X)) {
			miss := l.scale*answer - document.Y[i]
			sum += miss * miss
		}
		out[document.ID] = 1000 * sum / float64(len(document.Y)) // in thousandths
	}
	return out, lines.Err()
}

func times(m [][]float32, x []float64) []float64 {
	out := make([]float64, len(m))
	for i, row := range m {
		for j, v := range row {
			out[i] += float64(v) * x[j]
		}
	}
	return out
}

// load reads a PEFT folder. Scale is lora_alpha/r, with r the rank of the tensors.
func load(folder string) (*layer, error) {
	var config struct {
		Alpha float64 `json:"lora_alpha"`
	}
	text, err := os.ReadFile(filepath.Join(folder, "adapter_config.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(folder, "adapter_model.safetensors"))
	if err != nil {
		return nil, err
	}
	a, err := matrix(data, module+".lora_A.weight")
	if err != nil {
		return nil, err
	}
	b, err := matrix(data, module+".lora_B.weight")
	if err != nil {
		return nil, err
	}
	return &layer{config.Alpha / float64(len(a)), a, b}, nil
}

// matrix is a tensor of a safetensors file: 8 bytes with the header's length, the header in JSON, and
// the numbers.
func matrix(file []byte, name string) ([][]float32, error) {
	begin := 8 + binary.LittleEndian.Uint64(file)
	var header map[string]struct {
		DType   string
		Shape   []int
		Offsets [2]uint64 `json:"data_offsets"`
	}
	if err := json.Unmarshal(file[8:begin], &header); err != nil {
		return nil, err
	}
	tensor, ok := header[name]
	if !ok || tensor.DType != "F32" || len(tensor.Shape) != 2 {
		return nil, fmt.Errorf("there is no matrix %s of float32", name)
	}
	numbers := bytes.NewReader(file[begin+tensor.Offsets[0] : begin+tensor.Offsets[1]])
	out := make([][]float32, tensor.Shape[0])
	for i := range out {
		out[i] = make([]float32, tensor.Shape[1])
		if err := binary.Read(numbers, binary.LittleEndian, out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
