package command

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Values are what the placeholders of one run stand for. All paths are absolute, since the
// command runs in the recipe's folder.
type Values struct {
	Adapter   string            // {adapter}, the folder of what is scored
	Rank      int               // {rank}, its largest
	MostRank  int               // {max-lora-rank} fits it: the largest rank of all that are compared, so that one engine's settings serve all
	Tasks     []string          // {tasks}, as the evaluator calls them
	Split     string            // {split}; empty without splits
	Documents *stages.Documents // {range}, {limit} and {samples}; nil for all
	Out       string            // {out}, a folder that is empty
	Samples   string            // {samples}, a file that SamplesFile has filled
}

// placeholder is one by its name: what is written for it, and why it cannot be used in a
// command, if so.
type placeholder struct {
	name  string
	value func(c *stages.Command, v *Values) string
	split bool // says which documents are scored
	wrong func(c *stages.Command, splits []*stages.Documents) *fault.Fault
}

var placeholders = []placeholder{
	{name: "adapter", value: func(_ *stages.Command, v *Values) string { return v.Adapter }},
	{name: "tasks", value: func(_ *stages.Command, v *Values) string { return strings.Join(v.Tasks, ",") }},
	{name: "split", split: true, value: func(_ *stages.Command, v *Values) string { return v.Split }},
	{name: "samples", split: true, wrong: samplesWrong, value: func(_ *stages.Command, v *Values) string { return v.Samples }},
	{name: "limit", split: true, wrong: limitWrong, value: func(_ *stages.Command, v *Values) string { return strconv.Itoa(v.Documents.Last + 1) }},
	{name: "range", split: true, wrong: rangeWrong, value: func(c *stages.Command, v *Values) string { return ranges[c.Format](v.Documents) }},
	{name: "out", value: func(_ *stages.Command, v *Values) string { return v.Out }},
	{name: "rank", value: func(_ *stages.Command, v *Values) string { return strconv.Itoa(v.Rank) }},
	{name: "max-lora-rank", value: func(_ *stages.Command, v *Values) string {
		rank, _ := stages.VLLMRank(v.MostRank)
		return strconv.Itoa(rank)
	}},
}

// ranges are how the evaluators write a range of documents. inspect's --limit counts from 1 and includes the
// end; promptfoo's --filter-range counts from 0 and excludes it. lm-eval has none.
var ranges = map[string]func(d *stages.Documents) string{
	"json":      func(d *stages.Documents) string { return fmt.Sprintf("%d-%d", d.First, d.Last) },
	"inspect":   func(d *stages.Documents) string { return fmt.Sprintf("%d-%d", d.First+1, d.Last+1) },
	"promptfoo": func(d *stages.Documents) string { return fmt.Sprintf("%d:%d", d.First, d.Last+1) },
}

func rangeWrong(c *stages.Command, _ []*stages.Documents) *fault.Fault {
	if ranges[c.Format] != nil {
		return nil
	}
	return fault.New("evaluators of the format %q take no range of documents", c.Format).Mend("write {samples} instead of {range}")
}

// takesLists: the numbers of documents are their identity in lm-eval alone, and in what is written for
// loramerge.
func takesLists(c *stages.Command) bool { return c.Format == "lm-eval" || c.Format == "json" }

func samplesWrong(c *stages.Command, splits []*stages.Documents) *fault.Fault {
	const most = 10_000_000
	if !takesLists(c) {
		return fault.New("evaluators of the format %q take no list of documents", c.Format).Mend("write {range} instead of {samples}")
	}
	for _, d := range splits {
		if d.Last-d.First >= most {
			return fault.New("{samples} lists each document, and one of the splits has more than %d", most).Mend("end the split where the documents end")
		}
	}
	return nil
}

func limitWrong(_ *stages.Command, splits []*stages.Documents) *fault.Fault {
	for _, d := range splits {
		if d.First > 0 {
			return fault.New("{limit} counts documents from the first on, and one of the splits begins at %d", d.First).Mend("write {range} or {samples} instead of {limit}, as the evaluator takes it")
		}
	}
	return nil
}

// piece is a part of a word: text as it is, or a placeholder.
type piece struct {
	text string
	of   *placeholder
}

// parse cuts a word into pieces.
func parse(word string) (out []piece, err error) {
	text := strings.Builder{}
	for rest := word; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			text.WriteByte(rest[0])
			rest = rest[2:]
		case rest[0] == '}':
			return nil, fault.New("the word %s closes a brace that it has not opened", fault.Quote(word)).Mend("write }} for a brace")
		case rest[0] == '{':
			name, after, closed := strings.Cut(rest[1:], "}")
			p := named(name)
			if !closed || p == nil {
				return nil, unknown(word, name, closed)
			}
			out = append(out, piece{text: text.String()}, piece{of: p})
			text.Reset()
			rest = after
		default:
			text.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	return append(out, piece{text: text.String()}), nil
}

func named(name string) *placeholder {
	at := slices.IndexFunc(placeholders, func(p placeholder) bool { return p.name == name })
	if at < 0 {
		return nil
	}
	return &placeholders[at]
}

func unknown(word, name string, closed bool) *fault.Fault {
	var names, braced []string
	for _, p := range placeholders {
		names, braced = append(names, p.name), append(braced, "{"+p.name+"}")
	}
	nearest, ok := recipe.Nearest(name, names)
	switch {
	case !closed:
		return fault.New("the word %s opens a brace that it does not close", fault.Quote(word)).Mend("write {{ for a brace")
	case ok:
		return fault.New("there is no placeholder {%s}", name).Mend("did you mean {" + nearest + "}? Write {{ for a brace")
	}
	return fault.New("there is no placeholder %s", fault.Quote("{"+name+"}")).Mend("there are " + strings.Join(braced, ", ") + "; write {{ for a brace, as in JSON")
}

// Check reports every mistake in the placeholders of a command, at the place where it is
// written. It needs the splits of its evaluation, nil without any, but none of the values.
func Check(at fault.Position, c *stages.Command, splits ...*stages.Documents) error {
	splits = slices.DeleteFunc(slices.Clone(splits), func(d *stages.Documents) bool { return d == nil })
	var all *multierror.Error
	used := make(map[string]bool)
	whichDocuments := false
	for _, template := range templates(c) {
		pieces, err := parse(template)
		if err != nil {
			all = multierror.Append(all, err)
		}
		for _, p := range pieces {
			if p.of == nil || used[p.of.name] {
				continue
			}
			used[p.of.name] = true
			whichDocuments = whichDocuments || p.of.split
			if p.of.split && len(splits) == 0 {
				all = multierror.Append(all, fault.New("{%s} says which documents are scored, and there are no splits", p.of.name).Mend("add `splits: {select: 0-199, test: 200-499}`, or leave the placeholder out"))
			} else if p.of.wrong != nil {
				if err := p.of.wrong(c, splits); err != nil {
					all = multierror.Append(all, err)
				}
			}
		}
	}
	if all == nil { // else it may be there, misspelt
		all = missing(all, c, used, len(splits) > 0 && !whichDocuments)
	}
	return fault.Place(at, all.ErrorOrNil())
}

func missing(all *multierror.Error, c *stages.Command, used map[string]bool, documents bool) *multierror.Error {
	if len(c.Run) == 0 || c.Run[0] == "" {
		all = multierror.Append(all, fault.New("the command has no words").Mend("write the program and its arguments, as in `run: [python3, eval.py, \"{adapter}\"]`"))
	}
	if !used["adapter"] {
		all = multierror.Append(all, fault.New("the command does not say what it scores").Mend("add {adapter} where the evaluator takes the adapter's folder"))
	}
	if !used["out"] && c.Format != "json" {
		all = multierror.Append(all, fault.New("the command does not say where its results go").Mend("add {out} where the evaluator takes a folder for its results"))
	}
	if documents {
		all = multierror.Append(all, fault.New("the command would score the same documents for every split").Mend("add {split}, {range}, {samples} or {limit}, as the evaluator takes them"))
	}
	return all
}

// CheckChosen reports why a command can't be told which documents of a split to score, as
// `halving` needs, at the place where it is written. Check has passed it.
func CheckChosen(at fault.Position, c *stages.Command) error {
	var wrong *fault.Fault
	switch {
	case !takesLists(c):
		wrong = fault.New("evaluators of the format %q take no list of documents, and with `halving` a trial is scored on some of them", c.Format).
			Mend("leave `halving` out")
	case !uses(c, "samples"):
		wrong = fault.New("the command does not say which documents of a split are scored, and with `halving` a trial is scored on some of them").
			Mend("write {samples}, a file that lists them, in the command, or leave `halving` out")
	case uses(c, "range"), uses(c, "limit"):
		wrong = fault.New("{range} and {limit} name all documents of a split, and with `halving` a trial is scored on some of them").
			Mend("leave them out beside {samples}, or leave `halving` out")
	default:
		return nil
	}
	return fault.Place(at, wrong)
}

// uses reports whether a placeholder is in a command that Check has passed.
func uses(c *stages.Command, name string) bool {
	return slices.ContainsFunc(templates(c), func(template string) bool {
		pieces, _ := parse(template)
		return slices.ContainsFunc(pieces, func(p piece) bool { return p.of != nil && p.of.name == name })
	})
}

// templates are the texts of a command in which placeholders are replaced: its words, and the
// values of its environment, in the order of their names.
func templates(c *stages.Command) []string {
	out := slices.Clone(c.Run)
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		out = append(out, c.Env[name])
	}
	return out
}

// Expand replaces the placeholders in the words of a command that Check has passed.
func Expand(c *stages.Command, v *Values) ([]string, error) {
	out := make([]string, len(c.Run))
	for i, word := range c.Run {
		var err error
		if out[i], err = expand(c, word, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func expand(c *stages.Command, word string, v *Values) (string, error) {
	pieces, err := parse(word)
	var out strings.Builder
	for _, p := range pieces {
		out.WriteString(p.text)
		if p.of == nil {
			continue
		}
		if _, loads := stages.VLLMRank(v.MostRank); p.of.name == "max-lora-rank" && !loads {
			return "", fault.New("vLLM loads no adapter of rank %d", v.MostRank).Mend("cut the adapter to a lower rank with `factor`, or leave {max-lora-rank} out")
		}
		out.WriteString(p.of.value(c, v))
	}
	return out.String(), err
}

// SamplesFile is the content of the file that {samples} names: by task, the numbers of the
// documents from 0 on, in ascending order, as lm-eval --samples wants them. Its releases take the
// JSON itself too, but some look for a file of that name first, and fail if it is too long for one.
func SamplesFile(v *Values) []byte {
	by := make(map[string][]int)
	for _, task := range v.Tasks {
		by[task] = v.Documents.Numbers()
	}
	text, err := json.Marshal(by)
	if err != nil {
		panic(err) // texts and numbers
	}
	return append(text, '\n')
}
