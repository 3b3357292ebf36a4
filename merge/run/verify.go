package run

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Verdict is what verifying an output found.
type Verdict struct {
	Same       bool     `json:"same"`
	Changed    string   `json:"changed,omitempty"`    // what is not as it was: "input", "recipe" or "output"
	Difference string   `json:"difference,omitempty"` // the first one
	Notes      []string `json:"notes"`                // what does not bear on the verdict
}

// Verify recomputes the tensors of the folder out from the recipe inside it, module by
// module, and compares them with the file's as they come: it writes nothing and runs no
// program. What needs no arithmetic is checked first: a changed input, a recipe that gives
// tensors of other names or shapes. So the work is bounded by the recipe, its inputs and
// the file's own size. from is the folder that the recipe's paths are relative to; if it is
// empty, that is the folder that the output names.
func Verify(ctx context.Context, out, from string, options Options) (*Verdict, error) {
	p, err := OpenProof(out, from, options.Find)
	if err != nil {
		return nil, err
	}
	defer p.Out.Close()
	v := &verifying{Proof: p, options: options.Filled(), verdict: &Verdict{Notes: []string{}}}
	v.options.Hashes = &plan.EachOnce{Hashes: v.options.Hashes, Seen: make(map[string]digest.Digest)}
	if err := v.verify(ctx); err != nil {
		return nil, err
	}
	v.verdict.Same = v.verdict.Changed == ""
	return v.verdict, nil
}

// verifying is a verification in progress.
type verifying struct {
	*Proof
	options Options
	verdict *Verdict
}

// differs notes the first difference.
func (v *verifying) differs(changed, format string, args ...any) {
	if v.verdict.Changed == "" {
		v.verdict.Changed, v.verdict.Difference = changed, fmt.Sprintf(format, args...)
	}
}

func (v *verifying) note(format string, args ...any) {
	v.verdict.Notes = append(v.verdict.Notes, fmt.Sprintf(format, args...))
}

func (v *verifying) verify(ctx context.Context) error {
	changed, err := v.changedInput(ctx, v.options.Hashes)
	if err != nil {
		return err
	}
	if changed != "" {
		v.differs("input", "%s", changed)
		return nil
	}
	p, err := v.Plan()
	if err != nil {
		return err
	}
	defer p.Close()
	if err := Fits(p, v.options); err != nil {
		return err
	}
	inputs, err := p.Inputs(ctx, v.options.Hashes, v.options.Jobs)
	if err != nil {
		return err
	}
	if v.otherInputs(inputs) {
		v.differs("recipe", "the recipe in the metadata reads other inputs than the metadata name")
		return nil
	}
	v.carriedInputs(p.Sinks()[0], inputs)
	v.baseConfig(p.Sinks()[0])
	if err := v.tensors(ctx, p, inputs); err != nil {
		return err
	}
	v.carriedFiles(ctx, p.Sinks()[0], inputs)
	v.beside()
	return nil
}

// tensors recomputes and compares the two files that PEFT reads.
func (v *verifying) tensors(ctx context.Context, p *plan.Plan, inputs []plan.Input) error {
	planned := p.Sinks()[0]
	layout, err := planned.Op.(stages.Sink).Layout(planned.Out, p.Base(planned))
	if err != nil {
		return err
	}
	if err := v.Out.SameLayout(layout, true); err != nil {
		v.differs("output", "%v", err)
		return nil
	}
	held := &lockSession{plan: p, options: v.options, inputs: inputs, digests: p.Digests(inputs)}
	r := begin(p, v.options)
	r.lock = held
	r.keeper.begin(r.graph, Options{CacheMode: CacheOff}, plan.Digests{})
	if err := r.survey(ctx); err != nil {
		return err
	}
	r.measures.begin(r.graph, MeasureNone)
	r.graph.fuse(r.keeper.kept, r.measures.crossed)
	save := r.graph.sinks()[0]
	output := &output{node: save, modules: save.Out.Members[0].Modules}
	if output.layout, err = save.Op.(stages.Sink).Layout(save.Out, r.plan.Base(&save.Node)); err != nil {
		return err
	}
	if err := v.Out.SameLayout(output.layout, false); err != nil {
		v.differs("output", "%v", err)
		return nil
	}
	compared, differences, err := v.Out.Compare(output.layout)
	if err != nil {
		return err
	}
	output.weights, compared.Clamp = compared, save.Op.(stages.Sink).Clamps()
	if err := r.each(ctx, []*node{save}, false, func(_ *node, site recipe.Site, in []stages.Value) error {
		return output.write(site.Module, in[0][0])
	}); err != nil {
		return err
	}
	if err := r.leaves.unchanged(); err != nil {
		return err
	}
	want := output.layout.WithMetadata(r.metadata(save, inputs, held.digests.Outputs[save.ID]))
	if at, differ := differences.First(); differ {
		tensor, _ := v.Out.TensorAt(at)
		where := fmt.Sprintf("module %q is the first that differs (tensor %q, byte %d of the file)", tensor.Module, tensor.Name, at)
		if v.Said.Digest == digest.Version && v.Said.Plan != want[plan.MetaPlan] {
			v.differs("recipe", "%s; %s", v.otherPlan(want), where)
		}
		v.differs("output", "%s%s", where, v.otherKernels(held.digests))
	}
	v.metadata(output.layout, want)
	return v.config(output.layout)
}

// carriedInputs looks for files that were copied from an input's folder and have changed there.
func (v *verifying) carriedInputs(save *plan.Node, inputs []plan.Input) {
	said := plan.CarriedHashes(v.Out.Metadata())
	for _, c := range save.Carries {
		if was, is := said[c.Name], c.Hash(inputs).String(); was != "" && was != is {
			v.differs("input", "%s, which is copied from %q, has changed since: it was %s and is %s", c.Name, c.Label, was, is)
		}
	}
}

// baseConfig looks whether the base model's configuration has changed.
func (v *verifying) baseConfig(save *plan.Node) {
	if config := save.Op.(stages.Sink).BaseConfig(); config != nil && v.Said.BaseConfig != "sha256:"+config.SHA256 {
		v.differs("input", "%s, the base model's configuration, has changed since: it was %s and is sha256:%s", config.Path, cmp.Or(v.Said.BaseConfig, "nothing"), config.SHA256)
	}
}

// carriedFiles compares the copies with what they were copied from.
func (v *verifying) carriedFiles(ctx context.Context, save *plan.Node, inputs []plan.Input) {
	for _, c := range save.Carries {
		switch got, err := v.options.Hashes.Hash(ctx, filepath.Join(v.Out.Folder(), c.Name)); {
		case err != nil:
			v.differs("output", "%s can't be read: %v", c.Name, err)
		case got != c.Hash(inputs):
			v.differs("output", "%s is not what is copied from %q", c.Name, c.Label)
		}
	}
}

// otherPlan says that the recipe was edited, or that a verb's version is another.
func (v *verifying) otherPlan(want map[string]string) string {
	return fmt.Sprintf("the plan that made it has the digest %s, and the recipe in the metadata, as this loramerge runs it, %s", cmp.Or(v.Said.Plan, "nothing"), want[plan.MetaPlan])
}

// otherKernels says that last bits may differ between the two processors.
func (v *verifying) otherKernels(digests plan.Digests) string {
	if v.Said.Kernels == digests.Kernels || v.Said.Digest != digest.Version {
		return ""
	}
	return fmt.Sprintf("; it was made with the matrix kernels %s, and this machine has %s, which may give other last bits", cmp.Or(v.Said.Kernels, "nothing"), cmp.Or(digests.Kernels, "nothing"))
}

// metadata compares what the header says beside the tensors.
func (v *verifying) metadata(layout *adapter.Layout, want map[string]string) {
	got := v.Out.Metadata()
	if v.Said.Digest != digest.Version {
		v.note("the metadata are of another loramerge, whose digests are of version %d where this one's are of %d: they were not compared", v.Said.Digest, digest.Version)
		return
	}
	for _, key := range mapkeys.United(got, want) {
		switch {
		case got[key] == want[key]:
		case key == plan.MetaPlan:
			v.differs("recipe", "%s", v.otherPlan(want))
		case key == plan.MetaKernels && v.verdict.Changed == "":
			v.note("it was made with the matrix kernels %s, and those of this machine, %s, give the same", cmp.Or(got[key], "nothing"), cmp.Or(want[key], "nothing"))
		default:
			v.differs("output", "the header differs: %s was %q and is %q", key, want[key], got[key])
		}
	}
	if v.Said.Kernels == want[plan.MetaKernels] && v.verdict.Changed == "" {
		if same, err := v.Out.HasHeader(layout, want); err != nil || !same {
			v.differs("output", "the header is written otherwise than loramerge writes it")
		}
	}
}

// config compares the configuration.
func (v *verifying) config(layout *adapter.Layout) error {
	name, want := layout.Names.Config, layout.Config
	if name == "" {
		return nil
	}
	got, err := osfile.ReadUpTo(filepath.Join(v.Out.Folder(), name), int64(len(want))+1)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		v.differs("output", "%s differs from byte %d on", name, at)
	}
	return nil
}

// cardLimit bounds what is read of a model card.
const cardLimit = 4 << 20

// beside looks at the files that PEFT does not read. The recipe must mean what the metadata
// say; the card's text is for people, and only its hashes are looked for.
func (v *verifying) beside() {
	const putBack = "`loramerge run` puts it back"
	switch text, err := readBeside(v.Out.Folder(), v.Said.Stage); {
	case errors.Is(err, fs.ErrNotExist):
		v.note("%s is not there; %s", adapter.RecipeFile, putBack)
	case err != nil:
		v.differs("recipe", "%s can't be read as a recipe: %v", adapter.RecipeFile, fault.List(err)[0])
	case text != string(v.recipe.Canonical()):
		v.differs("recipe", "%s is not the recipe in the metadata", adapter.RecipeFile)
	}
	card, err := osfile.ReadUpTo(filepath.Join(v.Out.Folder(), adapter.CardFile), cardLimit)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.note("%s is not there; %s", adapter.CardFile, putBack)
	case err != nil:
		v.note("%s can't be read: %v", adapter.CardFile, err)
	default:
		for _, in := range v.Said.Inputs {
			if !strings.Contains(string(card), strings.TrimPrefix(in.Weights, "sha256:")) {
				v.note("%s does not name the weights of input %q that it was made from", adapter.CardFile, in.Adapter)
			}
		}
	}
}
