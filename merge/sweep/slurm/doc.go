// Package slurm hands the trials of a sweep to Slurm, a job array at a time.
//
// What runs in a task is `loramerge sweep RECIPE`, which finds its rank in what Slurm sets
// (SLURM_ARRAY_TASK_ID), and appends its records to the folder of the sweep. So nothing has to be
// fetched from the tasks, a task that dies loses no more than the trial that it was at, and
// submitting twice costs no more than time. A search that has to know some results before it can
// choose more, and halving, take one array after another ([Driver.Run]).
//
// The package starts no programs and does not wait: its caller gives it functions for both.
package slurm
