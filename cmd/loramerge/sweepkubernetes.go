package main

import (
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/sweep"
	"github.com/loramerge/loramerge/merge/sweep/kubernetes"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// onKubernetes prints the Job that measures the trials. Only the recipe has to be on this machine: the pods plan
// it with its adapters.
func (f *sweepFlags) onKubernetes(c *cobra.Command, ui *ui, file string) error {
	source, err := plan.ReadRecipe(file)
	if err != nil {
		return err
	}
	parsed, err := recipe.ParseWith(file, source, stages.Verbs(), f.vars)
	if err != nil {
		return err
	}
	if err := f.podsCan(parsed); err != nil {
		return err
	}
	job := f.kubernetesJob(c, file)
	if err := job.Check(); err != nil {
		return err
	}
	text, err := job.YAML()
	if err != nil {
		return err
	}
	ui.print(string(text))
	ui.jobPrinted(job)
	return nil
}

// podsCan finds what can't be done by pods that are all there from the start, and know nothing of this machine.
func (f *sweepFlags) podsCan(r *recipe.Recipe) error {
	if err := sweep.Declared(r); err != nil {
		return err
	}
	guided := ""
	switch {
	case r.Sweep.Halving != nil:
		guided = "halving"
	case r.Sweep.Search == "cma-es":
		guided = r.Sweep.Search
	}
	if guided != "" && f.cluster.workers > 1 {
		return fault.At(r.Sweep.Position, "%s hands out trials when it knows the results of others, and all pods of an indexed Job begin at once", guided).
			Mend("leave `--workers` out: one pod then does the whole sweep, with as many trials side by side as `parallel` says; or search without " + guided)
	}
	if !f.allow {
		return fault.In(r.File, "a pod may not start the commands that score: what you have allowed is recorded on this machine").Mend("add `--allow-exec`")
	}
	return nil
}

// kubernetesJob is the Job of a recipe. A relative path is one in the first volume, by which this folder stands for that
// volume.
func (f *sweepFlags) kubernetesJob(c *cobra.Command, file string) kubernetes.Job {
	in := func(name string) string {
		name = filepath.ToSlash(name)
		if path.IsAbs(name) || len(f.cluster.volumes) == 0 {
			return path.Clean(name)
		}
		return path.Join(f.cluster.volumes[0].Path, name)
	}
	job := kubernetes.Job{
		Name: jobName(file), Namespace: f.cluster.namespace, Image: f.cluster.image, Volumes: f.cluster.volumes, Limits: f.cluster.limits,
		Recipe: in(file), Folder: in(f.folder), Flags: f.handedOn(c), Workers: max(1, f.cluster.workers),
	}
	if f.folder == "" {
		job.Folder = sweep.FolderOf(job.Recipe)
	}
	if f.again {
		job.Flags = append(job.Flags, "--retry-failed")
	}
	if job.Workers > 1 {
		job.Name += "-trials" // another Job tells the answer
	}
	return job
}
