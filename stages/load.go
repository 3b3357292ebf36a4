package stages

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/hashicorp/go-multierror"
	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

var loadKind = &Kind{
	Verb: recipe.Verb{
		Name:    "load",
		Summary: "read adapters from their folders",
		Doc: `Reads folders of PEFT (adapter_config.json, adapter_model.safetensors) and of MLX (adapter_config.json,
adapters.safetensors), files of kohya's sd-scripts, and pytorch_lora_weights.safetensors of diffusers. A
path is relative to the recipe's file. One path gives one adapter, named like the stage; a table of paths
gives one adapter for each name. hf://OWNER/NAME@REVISION/FOLDER is an adapter of the Hugging Face Hub,
found in the local cache, at the commit that the lock pins; revision and folder may be left out.

What can't be merged from files alone is refused. So is a field of adapter_config.json that is set and not
known, since it may switch on another method; one that changes nothing of what the tensors mean is let in
by allow-unknown.

rename gives modules the names that they have in another version of a model's code, by their
beginning: {language_model.model.: model.language_model.}. The longest beginning that fits a name
counts, in every adapter of the load. A beginning ends with a dot; in kohya's files, whose names have none,
with an underscore: {lora_te_: lora_te1_}. Names are those that loramerge inspect shows, without PEFT's
own base_model.model.

Of a convolution in groups every group is a module, called conv[0/2] and conv[1/2]; a glob of the
layer's name finds all of them. So is every expert of a mixture whose experts are one parameter
(target_parameters of PEFT, switch layers of MLX), called experts.down_proj[0/128] and so on. In files of PEFT before 0.19.1 the factors of
such a stack may lie the other way round. Shapes or peft_version mostly show it; where nothing does, layout says
which release wrote the file. Every row that trainable_token_indices trains is a module, called
embed_tokens[token 32000]; the glob "embed_tokens[token *" finds all of them.

{recipe: other.yaml, stage: merged} is what that stage of another recipe gives, without saving
it, with the other recipe's paths and seed. A single adapter is called as the load is;
several keep their names. A table is read so if its recipe ends in .yaml or .yml.`,
		Flow:    "path → 1, {name: path, …} → n",
		Example: "{load: {python: adapters/python, sql: adapters/sql}}",
		Takes:   recipe.TakesPaths,
		Params: []*recipe.Param{
			{Name: string(keySHA256), Type: recipe.PinsType{}, NotInDigest: true, Doc: "the hash that the weights' file must have, or a table from names to hashes"},
			{Name: string(keyAllowUnknown), Type: recipe.NamesType{What: "a field of adapter_config.json"}, NotInDigest: true, Doc: "fields that may be set though this version does not know them"},
			{Name: string(keyLayout), Type: recipe.ChoiceType(adapter.ExpertLayouts()), NotInDigest: true, Doc: "of stacked experts, in files that do not show it: as PEFT 0.19.1 and later releases write them, or as earlier ones do for most models"},
			{Name: string(keyRename), Type: recipe.RenamesType{}, Doc: "new beginnings for modules' names, by their old beginnings"},
		},
	},
	Version: 1,
	Bind:    bindLoad,
	Needs:   loaded,
}

type load struct {
	Spec
	found  []Found // of each source
	opened []*adapter.Adapter
	claims []Claim
}

// loaded are the adapters of a load.
func loaded(stage *recipe.Stage) []Need {
	needs := make([]Need, len(stage.Sources))
	for i, source := range stage.Sources {
		needs[i] = Need{source, ""}
	}
	return needs
}

// bindLoad opens the folders and reads their headers.
func bindLoad(spec Spec) (Op, Type, error) {
	if spec.Reuse != nil {
		return bindReused(spec)
	}
	l := &load{Spec: spec}
	var all *multierror.Error
	out := Type{Space: Factors}
	opened, failed := l.openAll()
	l.opened = slices.DeleteFunc(slices.Clone(opened), func(a *adapter.Adapter) bool { return a == nil })
	if slices.ContainsFunc(failed, func(err error) bool { return errors.Is(err, syscall.EMFILE) }) {
		return l, out, fault.At(l.Position, "%d adapters are more than this process may open", len(l.Sources)).
			Mend("raise the limit of open files (ulimit -n), or merge some of them by a recipe of their own first")
	}
	for i, source := range l.Sources {
		if failed[i] != nil {
			all = multierror.Append(all, fault.Place(source.Position, failed[i]))
			l.claim(l.found[i].Path, formats.BaseOf(l.found[i].Path))
			continue
		}
		if unfit := opened[i].Unfit; unfit != nil {
			all = multierror.Append(all, fault.Place(source.Position, unfit))
		}
		l.claim(opened[i].Path, opened[i].Base)
		out.Sources = append(out.Sources, opened[i])
		out.Members = append(out.Members, Member{Name: source.Name})
	}
	adapter.Experts(l.opened)
	all = multierror.Append(all, l.checkLayout(), l.rename())
	for i := range out.Members {
		out.Members[i].Modules = pointers(out.Sources[i].Modules)
	}
	shareNames(out.Members)
	all = multierror.Append(all, l.checkPins(), l.checkAllowed())
	return l, out, all.ErrorOrNil()
}

// checkAllowed refuses to allow known fields: they are read, or refused for a reason.
func (l *load) checkAllowed() error {
	for _, field := range keyAllowUnknown.Of(l.Params) {
		if peft.Known(field) {
			return fault.At(keyAllowUnknown.At(l.Params), "%q is a field that this version knows", field).Mend("leave it out")
		}
	}
	return nil
}

// openAll opens the folders in parallel: of many, the headers are the planner's most work.
func (l *load) openAll() (opened []*adapter.Adapter, failed []error) {
	opened, failed, l.found = make([]*adapter.Adapter, len(l.Sources)), make([]error, len(l.Sources)), make([]Found, len(l.Sources))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, source := range l.Sources {
		group.Go(func() error {
			if l.found[i], failed[i] = l.find(Need{source, ""}); failed[i] == nil {
				opened[i], failed[i] = formats.OpenWith(l.found[i].Path, adapter.Options{AllowUnknown: keyAllowUnknown.Of(l.Params), Experts: adapter.ExpertLayout(keyLayout.Of(l.Params))})
			}
			if opened[i] != nil && l.found[i].Origin != "" {
				// The cache of the Hub consists of links.
				opened[i].Notes = slices.DeleteFunc(opened[i].Notes, func(n adapter.Note) bool { return n.Page == "symbolic-links" })
			}
			return nil
		})
	}
	_ = group.Wait() // each keeps its own error
	return opened, failed
}

// rename gives the modules their new names. A beginning that no module has is a mistake,
// since a name that stays as it was is found by nobody.
func (l *load) rename() error {
	renames := keyRename.Of(l.Params)
	used := make([]bool, len(renames))
	var all *multierror.Error
	var names []string
	for _, opened := range l.opened {
		for i := range opened.Modules {
			names = append(names, opened.Modules[i].Name)
		}
		all = multierror.Append(all, fault.Place(keyRename.At(l.Params), opened.Rename(func(name string) string {
			name, by := renames.Apply(name)
			if by >= 0 {
				used[by] = true
			}
			return name
		})))
	}
	for i, x := range renames {
		if !used[i] && len(l.opened) == len(l.Sources) {
			all = multierror.Append(all, recipe.UnknownName(keyRename.At(l.Params), "module", x.From, beginnings(names), "begins so, or all that do are renamed by a longer beginning"))
		}
	}
	return all.ErrorOrNil()
}

// beginnings are those of names up to where layers are counted.
func beginnings(names []string) []string {
	var out []string
	for _, name := range names {
		at := 0
		for part := range strings.SplitSeq(name, separator(name)) {
			if wholeNumber(part) >= 0 {
				break
			}
			at += len(part) + 1
		}
		out = append(out, name[:min(at, len(name))])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// checkPins refuses a table of pins for names that are not loaded, and pins that
// the files do not have.
func (l *load) checkPins() error {
	var all *multierror.Error
	pins := keySHA256.Of(l.Params)
	for name := range pins {
		if !slices.ContainsFunc(l.Sources, func(s recipe.Source) bool { return s.Name == name }) && (name != "" || len(l.Sources) > 1) {
			all = multierror.Append(all, fault.At(keySHA256.At(l.Params), "no adapter %q is loaded here", name).Mend("pin each adapter by its name in this stage"))
		}
	}
	for i, opened := range l.opened {
		want := pins[l.Sources[i].Name] + pins[""]
		if want == "" || len(l.opened) < len(l.Sources) {
			continue
		}
		got, err := opened.SHA256()
		if err != nil {
			return fault.Place(l.Sources[i].Position, err)
		}
		if got != want {
			all = multierror.Append(all, fault.At(keySHA256.At(l.Params), "%s has the hash %s, not the pinned %s", l.Sources[i].Path, got, want).
				Mend("fetch the file that was pinned, or review the new one and pin it").See("locks"))
		}
	}
	return all.ErrorOrNil()
}

// Adapters gives what Bind opened.
func (l *load) Adapters() []*adapter.Adapter { return l.opened }

// Origins are where references led to.
func (l *load) Origins() []string {
	out := make([]string, len(l.found))
	for i, found := range l.found {
		out[i] = found.Origin
	}
	return out
}

// Claims are the base models that are named.
func (l *load) Claims() []Claim { return l.claims }

func (l *load) claim(path string, base adapter.Base) {
	if base.Name != "" {
		l.claims = append(l.claims, Claim{path, base})
	}
}

// Apply is never called: a load has no input.
func (l *load) Apply(context.Context, Env, []Value) (Value, error) { panic("stages: load applied") }

// Read decodes the module of every adapter that has it.
func (l *load) Read(env Env) (Value, error) {
	out := make(Value, len(l.opened))
	for i, opened := range l.opened {
		out[i].Adapter = l.Sources[i].Name
		module, ok := opened.Find(env.Module)
		if !ok {
			continue
		}
		if err := readPart(&out[i], opened, module, env); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readPart(part *Part, from *adapter.Adapter, m *adapter.Module, env Env) error {
	if m.Form == adapter.Whole {
		if !m.W.DType.IsFloat() {
			part.Raw = make([]byte, m.W.Size())
			return from.ReadRaw(m.W, part.Raw)
		}
		part.W = env.matrix(1, m.W.Elements())
		return from.Read(m.W, part.W.Data)
	}
	part.A = env.matrix(m.Rank, m.In())
	part.B = env.matrix(m.Out(), m.Rank)
	if err := from.Read(m.A, part.A.Data); err != nil {
		return err
	}
	return from.Read(m.B, part.B.Data)
}

// shareNames lets modules that are called alike share one string: of adapters with the
// same modules the planner then compares addresses, not letters.
func shareNames(members []Member) {
	for i := 1; i < len(members); i++ {
		for at, m := range members[i].Modules {
			if first := members[0].Modules; at < len(first) && m.Name == first[at].Name {
				m.Name = first[at].Name
			}
		}
	}
}

func pointers(modules []adapter.Module) []*adapter.Module {
	out := make([]*adapter.Module, len(modules))
	for i := range modules {
		out[i] = &modules[i]
	}
	return out
}
