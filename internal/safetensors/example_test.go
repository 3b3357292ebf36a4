package safetensors_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// temporaryPath returns a path in a new folder, and how to remove that folder.
func temporaryPath() (path string, remove func()) {
	dir, err := os.MkdirTemp("", "safetensors")
	if err != nil {
		log.Fatal(err)
	}
	return filepath.Join(dir, "adapter_model.safetensors"), func() { os.RemoveAll(dir) }
}

// writeRaw writes a file of that header and data, sound or not.
func writeRaw(path, header, data string) {
	content := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	if err := os.WriteFile(path, append(content, header+data...), 0o600); err != nil {
		log.Fatal(err)
	}
}

func ExampleOpen() {
	path, remove := temporaryPath()
	defer remove()
	writeRaw(path, `{"lora_A.weight":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]}}`, "\x00\x3c\x00\x40")

	f, err := safetensors.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	for _, t := range f.Tensors() {
		weights := make([]byte, t.Size())
		if err := f.ReadAt(t, weights, 0); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s %v %v: % x\n", t.Name, t.DType, t.Shape, weights)
	}
	// Output: lora_A.weight F16 [1 2]: 00 3c 00 40
}

// A file is laid out before its tensors are computed, and filled in any order.
func ExampleCreate() {
	path, remove := temporaryPath()
	defer remove()
	layout, err := safetensors.NewLayout([]safetensors.Spec{
		{Name: "lora_A.weight", DType: safetensors.F16, Shape: []int{1, 2}},
		{Name: "lora_B.weight", DType: safetensors.F16, Shape: []int{3, 1}},
	}, map[string]string{"format": "pt"})
	if err != nil {
		log.Fatal(err)
	}
	w, err := safetensors.Create(path, layout)
	if err != nil {
		log.Fatal(err)
	}
	defer w.Abort()
	for _, name := range []string{"lora_B.weight", "lora_A.weight"} {
		t, _ := layout.Lookup(name)
		if err := w.WriteAt(name, make([]byte, t.Size()), 0); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %d bytes, %d of them header\n", filepath.Base(path), layout.Size(), len(layout.Header()))
	// Output: adapter_model.safetensors: 186 bytes, 176 of them header
}

// What is wrong with a file can be distinguished: where, what, and what to do.
// What is wrong with a file names the tensor and the byte.
func ExampleOpen_refused() {
	path, remove := temporaryPath()
	defer remove()
	writeRaw(path, `{"lora_A.weight":{"dtype":"F16","shape":[1,2],"data_offsets":[0,2]}}`, "\x00\x3c")

	_, err := safetensors.Open(path)
	if bad, ok := errors.AsType[*fault.Fault](err); ok {
		offset, _ := bad.Byte()
		fmt.Printf("%s, byte %d\n%s\n%s\n", bad.Tensor, offset, bad.Text, bad.Remedy)
	}
	// Output:
	// lora_A.weight, byte 25
	// F16 of shape [1 2] takes 4 bytes, but data_offsets span 2
	// it was written wrongly: save it again with the safetensors library
}
