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

// manner is how a run is told: to people, quietly, as events for programs, and to a log.
type manner struct {
	quiet, json   bool
	logPath, page string
	rule          overwrite.Rule // for both

	ui   *ui
	bar  *progress
	file *os.File
	log  *slog.Logger
}

func (m *manner) add(command *cobra.Command) {
	command.Flags().BoolVarP(&m.quiet, "quiet", "q", false, "print errors only")
	command.Flags().BoolVar(&m.json, "json", false, "print events as JSON, one a line; the last is the result")
	command.Flags().StringVar(&m.logPath, "log", "", "append a log of the run to this file")
	command.MarkFlagsMutuallyExclusive("quiet", "json")
}

// begin looks at where the page will be written, opens the log and tells the plan's warnings.
func (m *manner) begin(c *cobra.Command, ui *ui, p *plan.Plan, options run.Options) error {
	m.ui, m.bar, m.log = ui, ui.progress("merging"), slog.New(slog.DiscardHandler)
	if m.page != "" {
		if err := m.rule.CheckFile(m.page, ownPages); err != nil {
			return unwritable(c, err)
		}
	}
	if m.logPath != "" {
		rule := m.rule
		if m.page != "" {
			rule.Kept = append(rule.Kept, overwrite.Kept{Path: m.page, What: "which --report writes"})
		}
		file, err := rule.Append(m.logPath, overwrite.Begins(isLog))
		if err != nil {
			return unwritable(c, fault.Wrap(err, "the log can't be written"))
		}
		m.file, m.log = file, slog.New(slog.NewJSONHandler(file, nil))
	}
	m.log.Info(logBegins, "loramerge", version(), "recipe", p.Recipe.File, "stages", len(p.Nodes), "warnings", len(p.Warnings))
	if m.json {
		return ui.event("planned", run.Summary(p, options))
	}
	if !m.quiet {
		ui.warnings(p.Warnings)
	}
	return nil
}

// progress tells how far the run has come; to programs in steps of a hundredth.
func (m *manner) progress(now run.Progress) {
	switch step := max(1, now.AllModules/100); {
	case m.json && now.Modules%step == 0:
		m.ui.event("progress", now)
	case !m.json && !m.quiet:
		m.bar.update(now)
	}
}

// finish tells how the run ended and passes its error on.
func (m *manner) finish(result *run.Result, err error) error {
	m.bar.finish()
	if err != nil {
		m.log.Error("failed", "error", err.Error())
		return err
	}
	for _, s := range result.Stages {
		m.log.Info("stage", "name", s.Stage, "computed", s.Computed, "cached", s.Cached, "time", time.Duration(s.Time))
	}
	for _, out := range result.Outputs {
		m.log.Info("saved", "stage", out.Stage, "path", out.Path, "modules", out.Modules, "bytes", out.Bytes)
	}
	for _, warning := range result.Warnings {
		m.log.Warn(warning.Error())
	}
	switch {
	case m.json:
		return m.ui.event("result", result)
	case !m.quiet:
		m.ui.result(result)
	}
	return nil
}

func (m *manner) end() {
	if m.file != nil {
		m.file.Close()
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
		return &usageError{c.CommandPath(), err}
	}
	return err
}
