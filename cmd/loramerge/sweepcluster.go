package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge/sweep/kubernetes"
)

// clusterFlags are what `sweep` can be told of the machines on which others measure the trials.
type clusterFlags struct {
	on               where
	workers          int
	image, namespace string
	volumes          volumesFlag
	limits           limitsFlag
}

// where is the kind of cluster.
type where uint8

const (
	onThisMachine where = iota
	onSlurm
	onKubernetes
)

var whereNames = []string{onThisMachine: "here", onSlurm: "slurm", onKubernetes: "kubernetes"}

// defaultWorkers are as many tasks as an array has.
const defaultWorkers = 8

func (f *clusterFlags) add(command *cobra.Command) {
	flags := command.Flags()
	flags.Var(choiceFlag[where]{&f.on, whereNames, "cluster"}, "on", "hand the trials to slurm, with flags of sbatch behind --, or print a Job for kubernetes")
	flags.IntVar(&f.workers, "workers", 0, "how many tasks of an array, or pods, measure trials (default: 8 tasks, or 1 pod)")
	flags.StringVar(&f.image, "image", "", "for kubernetes: the image with loramerge and the evaluators")
	flags.Var(&f.volumes, "volume", "for kubernetes: a PersistentVolumeClaim and where it is mounted; may be repeated")
	flags.Var(&f.limits, "limits", "for kubernetes: what a pod gets, such as cpu=4,memory=32Gi,nvidia.com/gpu=1")
	flags.StringVar(&f.namespace, "namespace", "", "for kubernetes: the namespace of the Job")
	command.MarkFlagsMutuallyExclusive("on", "rank")
}

// check finds flags that mean nothing together. site are the arguments behind --.
func (f *clusterFlags) check(c *cobra.Command, site []string) error {
	for _, name := range []string{"image", "volume", "limits", "namespace"} {
		if c.Flags().Changed(name) && f.on != onKubernetes {
			return usage(c.CommandPath(), fmt.Errorf("--%s is for `--on kubernetes`", name))
		}
	}
	switch {
	case len(site) > 0 && f.on != onSlurm:
		return usage(c.CommandPath(), fmt.Errorf("what is behind -- is for `--on slurm`"))
	case c.Flags().Changed("write") && f.on == onKubernetes:
		return usage(c.CommandPath(), fmt.Errorf("--write is for the machine that tells the answer, and that is a pod: when it has, start `loramerge sweep --write` where the volume is mounted"))
	case c.Flags().Changed("workers") && f.on == onThisMachine:
		return usage(c.CommandPath(), fmt.Errorf("--workers is for `--on slurm` and `--on kubernetes`; here, the recipe's `parallel` says how many trials are measured at once"))
	case c.Flags().Changed("workers") && f.workers < 1:
		return usage(c.CommandPath(), fmt.Errorf("%d is not a number of workers such as 8", f.workers))
	}
	return nil
}

// recipeThenSite are the arguments of `sweep`: a recipe, and behind -- what is for sbatch.
func recipeThenSite(c *cobra.Command, args []string) error {
	if dash := c.ArgsLenAtDash(); dash >= 0 {
		args = args[:dash]
	}
	return cobra.ExactArgs(1)(c, args)
}

// handedOn are the flags of a sweep that a worker is started with too.
func (f *sweepFlags) handedOn(c *cobra.Command) (words []string) {
	for _, name := range slices.Sorted(maps.Keys(f.vars)) {
		words = append(words, "--set", name+"="+f.vars[name])
	}
	if c.Flags().Changed("jobs") {
		words = append(words, "--jobs", strconv.Itoa(f.jobs))
	}
	if c.Flags().Changed("memory") {
		words = append(words, "--memory", strconv.FormatInt(int64(f.memory), 10))
	}
	if c.Flags().Changed("cache-size") {
		words = append(words, "--cache-size", strconv.FormatInt(int64(f.cacheSize), 10))
	}
	if f.allow {
		words = append(words, "--allow-exec")
	}
	return words
}

// jobName is a name by which people know a recipe's job.
func jobName(path string) string {
	return kubernetes.NameFor(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
}

// volumesFlag is --volume CLAIM:PATH, as often as needed.
type volumesFlag []kubernetes.Volume

// Set reads one volume.
func (f *volumesFlag) Set(text string) error {
	v, err := kubernetes.ParseVolume(text)
	*f = append(*f, v)
	return err
}

func (f *volumesFlag) String() string { return "" }

// Type names it in the help.
func (f *volumesFlag) Type() string { return "claim:path" }

// limitsFlag is --limits.
type limitsFlag []kubernetes.Resource

// Set reads all limits.
func (f *limitsFlag) Set(text string) (err error) {
	*f, err = kubernetes.ParseLimits(text)
	return err
}

func (f *limitsFlag) String() string { return "" }

// Type names it in the help.
func (f *limitsFlag) Type() string { return "resources" }

// program is this program's own path, as another process can start it.
func program() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("this program can't be named: %w", err)
	}
	return path, nil
}
