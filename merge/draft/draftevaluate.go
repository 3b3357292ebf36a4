package draft

// writeEvaluate adds a stage in comments that scores the merge and its inputs. It names a script
// that only the author can write.
func (d *draft) writeEvaluate(t *draftText, inputs, merged string) {
	t.line("")
	for _, line := range []string{
		"A merge is good when it was measured (docs/evaluate.md). Write a script that prints an adapter's scores with",
		"their errors, such as {\"metrics\": {\"TASK\": {\"value\": 0.7, \"stderr\": 0.02, \"direction\": \"maximize\"}}}, and",
		"uncomment this. `loramerge allow`, with this file, then lets the script run.",
		"",
	} {
		t.comment(line)
	}
	t.comment("scores:")
	t.comment("  evaluate: %s", merged)
	t.comment("  experts: %s", inputs)
	if d.headers.Heads {
		t.comment("  base: false # it has no heads to compare with")
	}
	t.comment("  evaluators:")
	t.comment("    script: {run: [python3, eval.py, \"{adapter}\"], inputs: eval.py}")
	t.comment("  tasks: # each adapter's own")
	for _, a := range d.adapters {
		t.comment("    %s: {evaluator: script, metric: %s}", a.Name, a.Name)
	}
	t.comment("  gates:")
	if d.headers.Heads {
		t.comment("    - {task: %s, against: locked, margin: 0.01} # not worse than it was", d.adapters[0].Name)
	} else {
		t.comment("    - {recovered: worst, at-least: 0.5} # half of what each adapter gains over the base model")
	}
}

// comment adds a line that is one in the table of stages.
func (t *draftText) comment(format string, args ...any) {
	if format == "" {
		t.line("  #")
		return
	}
	t.line("  # "+format, args...)
}
