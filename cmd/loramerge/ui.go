package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/dustin/go-humanize"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/merge"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// ui is the one place that speaks to people: results to stdout, all else to stderr.
type ui struct {
	out, err io.Writer
	terminal bool // stderr is one
	color    bool
	sources  map[string][]string // lines of the files that mistakes point into
}

func newUI(out, err *os.File) *ui {
	terminal := term.IsTerminal(int(err.Fd()))
	return &ui{out: out, err: err, terminal: terminal, color: terminal && os.Getenv("NO_COLOR") == "", sources: map[string][]string{}}
}

const (
	red    = "\x1b[31;1m"
	yellow = "\x1b[33;1m"
	plain  = "\x1b[0m"
)

func (u *ui) paint(color, text string) string {
	if !u.color {
		return text
	}
	return color + text + plain
}

// printable keeps what comes out of files from steering the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\u202e' || r == '\u2066' || r == '\u2067' {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// failure prints every error that is gathered in err.
func (u *ui) failure(err error) {
	if errors.Is(err, errReported) {
		return
	}
	for _, e := range recipe.Flatten(err) {
		if m, ok := errors.AsType[*recipe.Mistake](e); ok {
			u.mistake(m, u.paint(red, "error"))
		} else {
			fmt.Fprintf(u.err, "%s: %s\n", u.paint(red, "error"), printable(e.Error()))
		}
	}
}

func (u *ui) warnings(all []*recipe.Mistake) {
	for _, m := range all {
		u.mistake(m, u.paint(yellow, "warning"))
	}
}

// mistake prints place and message, the line it stands in with a caret, and the remedy.
func (u *ui) mistake(m *recipe.Mistake, label string) {
	text := m.Text
	if m.Cause != nil && !strings.Contains(text, m.Cause.Error()) {
		text += ": " + m.Cause.Error()
	}
	fmt.Fprintf(u.err, "%s: %s: %s\n", m.Position, label, printable(text))
	if line, ok := u.line(m.Position); ok {
		before := []rune(line)
		before = before[:min(len(before), m.Column-1)]
		indent := strings.Map(func(r rune) rune {
			if r == '\t' {
				return r
			}
			return ' '
		}, string(before))
		fmt.Fprintf(u.err, "%5d | %s\n      | %s%s\n", m.Line, printable(line), indent, u.paint(red, "^"))
	}
	if m.Remedy != "" {
		fmt.Fprintf(u.err, "      = %s\n", printable(m.Remedy))
	}
}

// line is the line of a file that a position names.
func (u *ui) line(at recipe.Position) (string, bool) {
	lines, read := u.sources[at.File]
	if !read {
		if source, err := os.ReadFile(at.File); err == nil && len(source) <= 1<<20 {
			lines = strings.Split(string(source), "\n")
		}
		u.sources[at.File] = lines
	}
	if at.Line < 1 || at.Line > len(lines) || strings.TrimSpace(lines[at.Line-1]) == "" || len(lines[at.Line-1]) > 400 {
		return "", false
	}
	return strings.TrimRight(lines[at.Line-1], "\r"), true
}

func (u *ui) print(text string) error {
	_, err := io.WriteString(u.out, text)
	return err
}

func (u *ui) json(v any) error {
	encoder := json.NewEncoder(u.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

func (u *ui) valid(path string) { fmt.Fprintf(u.out, "%s: ok\n", path) }

// table prints rows under a heading in columns.
func (u *ui) table(heading string, rows [][]string) error {
	w := tabwriter.NewWriter(u.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.ReplaceAll(heading, " ", "\t"))
	for _, row := range rows {
		fmt.Fprintln(w, printable(strings.Join(row, "\t")))
	}
	return w.Flush()
}

func (u *ui) plan(p *merge.Plan, memory int64, jobs int) error {
	s := p.Summary(jobs, memory)
	var rows [][]string
	for _, n := range s.Stages {
		inputs := strings.Join(n.Inputs, ", ")
		if n.To != "" {
			inputs += " → " + n.To
		}
		rows = append(rows, []string{n.Stage, n.Verb, inputs, fmt.Sprint(len(n.Adapters)), space(n), span(n.Ranks), span(n.Alphas),
			fmt.Sprint(n.Modules), humanize.IBytes(uint64(n.Bytes))})
	}
	if err := u.table("STAGE VERB INPUTS ADAPTERS SPACE RANK ALPHA MODULES BYTES", rows); err != nil {
		return err
	}
	return u.print("peak memory: " + humanize.IBytes(uint64(s.Peak)) + "\n")
}

func space(n merge.StageSummary) string {
	if n.Held == n.Space {
		return n.Space
	}
	return n.Space + " (" + n.Held + ")"
}

func span(r merge.Range) string {
	if r.Min == r.Max {
		return fmt.Sprintf("%.6g", r.Min)
	}
	return fmt.Sprintf("%.6g–%.6g", r.Min, r.Max)
}

func (u *ui) result(r *merge.Result) {
	for _, out := range r.Outputs {
		fmt.Fprintf(u.out, "%s: %d modules, %s\n", out.Path, out.Modules, humanize.IBytes(uint64(out.Bytes)))
	}
	u.deviations(r)
}

// deviations says what stages lost, with the worst modules.
func (u *ui) deviations(r *merge.Result) {
	const worst = 3
	for _, d := range r.Deviations {
		fmt.Fprintf(u.out, "%s (%s): %s %.3g of ‖ΔW‖, %.3g %% of ‖ΔW‖²\n", d.Stage, d.Verb, d.Kind, d.Error, 100*d.Share)
		for i, m := range d.Modules {
			if i < worst && d.Error > 0 {
				fmt.Fprintf(u.out, "    %.3g at %s\n", m.Error, printable(m.Module))
			}
		}
	}
	for _, name := range r.Unmeasured {
		fmt.Fprintf(u.out, "%s: cross terms not measured, which takes longer than the merge; --measure all does\n", name)
	}
}

func (u *ui) verbs(all []*stages.Kind) error {
	var rows [][]string
	for _, kind := range all {
		rows = append(rows, []string{kind.Name, kind.Flow, kind.Summary})
	}
	return u.table("VERB FLOW SUMMARY", rows)
}

func (u *ui) verb(kind *stages.Kind) error {
	fmt.Fprintf(u.out, "%s: %s\n\n%s\n\n  flow:    %s\n  example: %s\n", kind.Name, kind.Summary, kind.Doc, kind.Flow, kind.Example)
	for i, p := range kind.Params {
		if i == 0 {
			fmt.Fprint(u.out, "\nParameters\n")
		}
		fmt.Fprintf(u.out, "  %s: %s\n      %s%s\n", p.Name, p.Doc, p.Type.Describe(), p.Note())
	}
	return nil
}

func (u *ui) adapter(s *adapter.Summary) error {
	base := s.Base
	if base == "" {
		base = "(none named)"
	}
	fmt.Fprintf(u.out, "%s\n  base: %s\n  task: %s\n  file: %s\n", filepath.Clean(s.Path), printable(base), printable(s.TaskType), humanize.IBytes(uint64(s.Bytes)))
	for _, note := range s.Notes {
		fmt.Fprintf(u.out, "  note: %s\n", printable(note))
	}
	fmt.Fprintln(u.out)
	var rows [][]string
	for _, m := range s.Modules {
		rows = append(rows, []string{m.Name, m.Form, strings.Trim(strings.Join(strings.Fields(fmt.Sprint(m.Shape)), "×"), "[]"), strings.Join(m.DTypes, ","),
			fmt.Sprint(m.Rank), fmt.Sprintf("%.6g", m.Alpha), fmt.Sprintf("%.6g", m.Scale), fmt.Sprintf("%.6g", m.Norm)})
	}
	return u.table("MODULE FORM SHAPE DTYPES RANK ALPHA SCALE NORM", rows)
}

// progress is a bar on a terminal and silence elsewhere.
type progress struct {
	ui   *ui
	bars *mpb.Progress
	bar  *mpb.Bar
	all  int64
}

func (u *ui) progress() *progress { return &progress{ui: u} }

func (p *progress) update(now merge.Progress) {
	if !p.ui.terminal {
		return
	}
	if p.bar == nil || now.Modules == 1 {
		p.begin(now)
	}
	p.bar.SetCurrent(now.Bytes)
}

func (p *progress) begin(now merge.Progress) {
	p.finish()
	name := "merging"
	if now.Surveying {
		name = "surveying"
	}
	p.bars, p.all = mpb.New(mpb.WithOutput(p.ui.err), mpb.WithWidth(40)), now.AllBytes
	p.bar = p.bars.AddBar(now.AllBytes, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(name+" "), decor.CountersKibiByte("% .1f / % .1f")),
		mpb.AppendDecorators(decor.Percentage(), decor.Name(" "), decor.AverageSpeed(decor.SizeB1024(0), "% .1f"), decor.Name(" "), decor.AverageETA(decor.ET_STYLE_GO)))
}

// finish takes the bar away, whether it is full or not.
func (p *progress) finish() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.bars.Wait()
		p.bar = nil
	}
}
