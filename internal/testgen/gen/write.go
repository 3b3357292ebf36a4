package gen

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// encoders are the dtypes that can be written.
var encoders = map[safetensors.DType]func(dst []byte, src []float32){
	safetensors.F32: kernels.EncodeF32, safetensors.F16: kernels.EncodeF16, safetensors.BF16: kernels.EncodeBF16,
}

// Write makes up the adapter and writes its two files to dir, which is made if
// need be; what they were before is lost. Its memory does not grow with the
// adapter. Errors are those of the file system, and of a Spec whose module names
// occur twice. It panics on a rank below 1 and on a dtype it can't write.
func Write(dir string, spec Spec) error {
	if spec.Rank < 1 || encoders[spec.DType] == nil {
		panic(fmt.Sprintf("gen: an adapter of rank %d and dtype %s can't be made", spec.Rank, spec.DType))
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("making the adapter's folder: %w", err)
	}
	if err := spec.writeWeights(filepath.Join(dir, "adapter_model.safetensors")); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), spec.config(), 0o666); err != nil {
		return fmt.Errorf("writing the adapter's configuration: %w", err)
	}
	return nil
}

func (s Spec) writeWeights(path string) error {
	tensors := s.tensors()
	specs := make([]safetensors.Spec, len(tensors))
	for i, t := range tensors {
		specs[i] = t.Spec
	}
	layout, err := safetensors.NewLayout(specs, map[string]string{"format": "pt"})
	if err != nil {
		return fmt.Errorf("adapter %q: %w", s.Name, err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replacing the adapter's weights: %w", err)
	}
	file, err := safetensors.Create(path, layout)
	if err != nil {
		return err
	}
	if err := s.fillAll(file, tensors); err != nil {
		return errors.Join(err, file.Abort())
	}
	return file.Close()
}

// fillAll fills the tensors in parallel.
func (s Spec) fillAll(file *safetensors.Writer, tensors []tensor) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, t := range tensors {
		group.Go(func() error { return t.writeTo(file, s.Name) })
	}
	return group.Wait()
}

// block is how many elements are drawn, encoded and written at a time.
const block = 16 << 10

func (t tensor) writeTo(file *safetensors.Writer, adapter string) error {
	random := stream(adapter, t.Name)
	elements, width := t.Shape[0]*t.Shape[1], t.DType.Bits()/8
	values, raw := make([]float32, min(block, elements)), make([]byte, min(block, elements)*width)
	for done := 0; done < elements; done += block {
		n := min(block, elements-done)
		fill(values[:n], random, t.spread)
		encoders[t.DType](raw[:n*width], values[:n])
		if err := file.WriteAt(t.Name, raw[:n*width], int64(done*width)); err != nil {
			return err
		}
	}
	return nil
}
