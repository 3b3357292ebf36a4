package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// runOutput is how a run is told: to people, quietly, as events for programs, and to a log.
type runOutput struct {
	quiet, json   bool
	verbose       bool
	rounding      bool // also say what rounding cost
	logPath, page string
	rule          overwrite.Rule // for both

	ui     *ui
	recipe string
	bar    *progress
	file   *os.File
	log    *slog.Logger
}

func (o *runOutput) add(command *cobra.Command) {
	command.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "print errors only")
	command.Flags().BoolVar(&o.json, "json", false, "print events as JSON, one per line; the last is the result")
	command.Flags().StringVar(&o.logPath, "log", "", "append a log of the run to this file")
	command.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "also say what each stage did and how long it took, on all cores together")
	command.MarkFlagsMutuallyExclusive("quiet", "json", "verbose")
}

// plain reports whether people read it.
func (o *runOutput) plain() bool { return !o.quiet && !o.json }

// begin looks at where the page will be written, opens the log and tells the plan's warnings.
func (o *runOutput) begin(c *cobra.Command, ui *ui, p *plan.Plan, options run.Options) error {
	o.ui, o.recipe, o.bar, o.log = ui, p.Recipe.File, ui.progress("merging"), slog.New(slog.DiscardHandler)
	if o.page != "" {
		if err := o.rule.CheckFile(o.page, ownPages); err != nil {
			return unwritable(c, err)
		}
	}
	if o.logPath != "" {
		rule := o.rule
		if o.page != "" {
			rule.Kept = append(rule.Kept, overwrite.Kept{Path: o.page, What: "which --report writes"})
		}
		file, err := rule.Append(o.logPath, overwrite.Begins(isLog))
		if err != nil {
			return unwritable(c, fault.Wrap(err, "the log can't be written"))
		}
		o.file, o.log = file, slog.New(slog.NewJSONHandler(file, nil))
	}
	o.log.Info(logBegins, "loramerge", version(), "recipe", p.Recipe.File, "stages", len(p.Nodes), "warnings", len(p.Warnings))
	if o.json {
		return ui.event(o.recipe, "planned", run.Summary(p, options))
	}
	if !o.quiet {
		ui.warnings(p.Warnings)
	}
	return nil
}

// progress tells how far the run has come; to programs in steps of a hundredth.
func (o *runOutput) progress(now run.Progress) {
	switch step := max(1, now.AllModules/100); {
	case o.json && now.Modules%step == 0:
		o.ui.event(o.recipe, "progress", now)
	case !o.json && !o.quiet:
		o.bar.update(now)
	}
}

// scoring tells that a command starts, or has ended.
func (o *runOutput) scoring(now run.Scoring) {
	if o.log.Info("scoring", "stage", now.Stage, "adapter", now.Adapter, "tasks", now.Tasks, "done", now.Done, "time", now.Took); o.json {
		o.ui.event(o.recipe, "scoring", now)
	} else if !o.quiet {
		o.bar.finish()
		o.ui.scoring(now)
	}
}

// finish tells how the run ended and passes its error on.
func (o *runOutput) finish(result *run.Result, err error) error {
	o.bar.finish()
	if err != nil {
		o.log.Error("failed", "error", err.Error())
		return err
	}
	for _, s := range result.Stages {
		o.log.Info("stage", "name", s.Stage, "computed", s.Computed, "cached", s.Cached, "time", time.Duration(s.Time))
	}
	for _, out := range result.Outputs {
		o.log.Info("saved", "stage", out.Stage, "path", out.Path, "modules", out.Modules, "bytes", out.Bytes)
	}
	for _, v := range verdicts(result) {
		o.log.Info("gate", "gate", v.Gate, "adapter", v.Candidate, "outcome", v.Outcome, "why", v.Text)
	}
	for _, warning := range result.Warnings {
		o.log.Warn(warning.Error())
	}
	switch {
	case o.json:
		return o.ui.event(o.recipe, "result", result)
	case !o.quiet:
		o.ui.result(result, o.verbose)
		if o.rounding {
			o.ui.rounding(result)
		}
	}
	return nil
}

func (o *runOutput) end() {
	if o.file != nil {
		o.file.Close()
	}
}

// monotonic counts nanoseconds from now on.
func monotonic() func() int64 {
	start := time.Now()
	return func() int64 { return int64(time.Since(start)) }
}

// logBegins is the message of the first line of each run's log.
const logBegins = "planned"

// isLog knows a log by its first line.
func isLog(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	var first struct {
		Msg     string  `json:"msg"`
		Version *string `json:"loramerge"`
	}
	return json.Unmarshal(line, &first) == nil && first.Msg == logBegins && first.Version != nil
}

// unwritable is a mistake in the command line where that names a path that may not be written.
func unwritable(c *cobra.Command, err error) error {
	_, refused := errors.AsType[*fault.Fault](err)
	_, ofSystem := errors.AsType[*fs.PathError](err)
	if refused || ofSystem {
		return usage(c.CommandPath(), err)
	}
	return err
}
