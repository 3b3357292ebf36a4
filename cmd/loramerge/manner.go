package main

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge"
)

// manner is how a run is told: to people, quietly, as events for programs, and to a log.
type manner struct {
	quiet, json bool
	logPath     string

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

// begin opens the log and tells the plan's warnings.
func (m *manner) begin(ui *ui, plan *merge.Plan, options merge.RunOptions) error {
	m.ui, m.bar, m.log = ui, ui.progress("merging"), slog.New(slog.DiscardHandler)
	if m.logPath != "" {
		file, err := os.OpenFile(m.logPath, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		if err != nil {
			return &usageError{"loramerge run", fmt.Errorf("the log can't be written: %w", err)}
		}
		m.file, m.log = file, slog.New(slog.NewJSONHandler(file, nil))
	}
	m.log.Info("planned", "recipe", plan.Recipe.File, "stages", len(plan.Nodes), "warnings", len(plan.Warnings))
	if m.json {
		return ui.event("planned", plan.Summary(options))
	}
	if !m.quiet {
		ui.warnings(plan.Warnings)
	}
	return nil
}

// progress tells how far the run has come; to programs in steps of a hundredth.
func (m *manner) progress(now merge.Progress) {
	switch step := max(1, now.AllModules/100); {
	case m.json && now.Modules%step == 0:
		m.ui.event("progress", now)
	case !m.json && !m.quiet:
		m.bar.update(now)
	}
}

// finish tells how the run ended and passes its error on.
func (m *manner) finish(result *merge.Result, err error) error {
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
