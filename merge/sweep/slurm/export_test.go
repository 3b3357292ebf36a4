package slurm

// Parse is parse, for tests.
var Parse = parse

// Parsed reads what sbatch prints.
func (a *Array) Parsed(text string) error { return a.parsed(text) }
