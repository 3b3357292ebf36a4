package merge

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Verdict is what verifying an output found.
type Verdict struct {
	Same       bool
	Difference string // the first one, if not the same
}

// Verify recomputes the folder out from the recipe inside it, and compares its two
// files byte by byte. from is the folder that the recipe's paths are relative to;
// empty for where the output says the recipe lay.
func Verify(ctx context.Context, out, from string, options RunOptions) (*Verdict, error) {
	plan, stage, err := provenPlan(out, from)
	if err != nil {
		return nil, err
	}
	defer plan.Close()
	work, err := os.MkdirTemp("", "loramerge-verify-")
	if err != nil {
		return nil, fmt.Errorf("there is no place to recompute the output in; name a folder that can be written in TMPDIR: %w", err)
	}
	defer os.RemoveAll(work)
	again := func(stage string) string { return filepath.Join(work, stage) }
	options.Lock, options.Version = LockIgnore, plan.version
	options.Redirect = func(target string) string {
		for _, n := range plan.sinks() {
			if n.stage.(stages.Sink).Target() == target {
				return again(n.Name)
			}
		}
		panic("merge: " + target + " is no target of the plan")
	}
	if !slices.ContainsFunc(plan.sinks(), func(n *Node) bool { return n.Name == stage }) {
		return nil, &adapter.Problem{Path: out, Reason: fmt.Sprintf("says that stage %q saved it, which is no save of its recipe", stage), Remedy: "run the recipe again"}
	}
	if _, err := plan.Run(ctx, options); err != nil {
		return nil, err
	}
	return compareFolders(out, again(stage))
}

// provenPlan plans the recipe that an output carries in its metadata.
func provenPlan(out, from string) (plan *Plan, stage string, err error) {
	opened, err := adapter.Open(out)
	if err != nil {
		return nil, "", err
	}
	defer opened.Close()
	metadata := opened.Metadata()
	text, ours := metadata[metaRecipe]
	if !ours {
		return nil, "", &adapter.Problem{Path: out, Reason: "carries no recipe", Remedy: "only folders that `loramerge run` wrote have one"}
	}
	if from == "" {
		relative, known := metadata[metaFrom]
		if !known {
			return nil, "", &adapter.Problem{Path: out, Reason: "does not say where its recipe lay", Remedy: "name the folder that the recipe's paths are relative to with --from"}
		}
		from = filepath.Join(out, filepath.FromSlash(relative))
	}
	parsed, mistakes := recipe.Parse(inMetadata(out, "recipe"), []byte(text), stages.Verbs())
	if mistakes != nil {
		return nil, "", mistakes
	}
	plan, err = New(parsed, from, PlanOptions{Force: true, Library: provenLibrary(out, readOthers(metadata))})
	if err != nil {
		plan.Close()
		return nil, "", err
	}
	plan.version = metadata[adapter.MadeBy]
	return plan, metadata[metaStage], nil
}

// compareFolders tells the first difference of two outputs.
func compareFolders(x, y string) (*Verdict, error) {
	if changed := changedInput(x, y); changed != "" {
		return &Verdict{Difference: changed}, nil
	}
	for _, name := range []string{adapter.ConfigFile, adapter.WeightsFile} {
		same, at, err := compareFiles(filepath.Join(x, name), filepath.Join(y, name))
		if err != nil {
			return nil, err
		}
		if !same {
			return &Verdict{Difference: describeDifference(x, y, name, at)}, nil
		}
	}
	return &Verdict{Same: true}, nil
}

// changedInput tells which input is not what it was, if that is why two outputs differ.
func changedInput(x, y string) string {
	was, err := readProvenance(x)
	if err != nil {
		return ""
	}
	is, err := readProvenance(y)
	if err != nil {
		return ""
	}
	return was.changed(is)
}

// compareFiles gives the offset of the first byte that differs.
func compareFiles(x, y string) (same bool, at int64, err error) {
	a, err := os.Open(x)
	if err != nil {
		return false, 0, err
	}
	defer a.Close()
	b, err := os.Open(y)
	if err != nil {
		return false, 0, err
	}
	defer b.Close()
	p, q := make([]byte, hashBlock), make([]byte, hashBlock)
	for {
		n, errA := io.ReadFull(a, p)
		m, errB := io.ReadFull(b, q)
		if !bytes.Equal(p[:n], q[:m]) {
			for i := range min(n, m) {
				if p[i] != q[i] {
					return false, at + int64(i), nil
				}
			}
			return false, at + int64(min(n, m)), nil
		}
		at += int64(n)
		if errA == io.EOF || errA == io.ErrUnexpectedEOF {
			return true, 0, nil
		}
		if errA != nil {
			return false, 0, errA
		}
		if errB != nil {
			return false, 0, errB
		}
	}
}

// describeDifference names the tensor that holds the byte at an offset.
func describeDifference(x, y, name string, at int64) string {
	if name == adapter.ConfigFile {
		return fmt.Sprintf("%s differs from byte %d on", name, at)
	}
	was, errX := adapter.Open(x)
	if errX != nil {
		return fmt.Sprintf("%s can't be read: %v", x, errX)
	}
	defer was.Close()
	if tensor, ok := was.TensorAt(at); ok {
		return fmt.Sprintf("module %q is the first that differs (tensor %q, byte %d of the file)", tensor.Module, tensor.Name, at)
	}
	is, errY := adapter.Open(y)
	if errY != nil {
		return fmt.Sprintf("%s can't be read: %v", y, errY)
	}
	defer is.Close()
	for _, key := range unitedKeys(was.Metadata(), is.Metadata()) {
		if was.Metadata()[key] != is.Metadata()[key] {
			return fmt.Sprintf("the header differs: %s was %q and is %q", key, was.Metadata()[key], is.Metadata()[key])
		}
	}
	return "the headers differ in their tensors"
}
