package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// rankFlag is --rank i/N: which share of a sweep's trials a process measures.
type rankFlag struct{ rank, ranks int }

// cluster is how a cluster tells each of its processes which one it is.
type cluster struct{ name, rank, first, ranks string }

var clusters = []cluster{
	{"Slurm", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT"},
	{"Kubernetes", "JOB_COMPLETION_INDEX", "", "JOB_COMPLETIONS"},
	{"SkyPilot", "SKYPILOT_JOB_RANK", "", "SKYPILOT_NUM_JOBS"},
}

// Set reads i/N, or takes what is left out from the environment.
func (f *rankFlag) Set(text string) error {
	rank, ranks, found := strings.Cut(text, "/")
	if !found && text != "auto" {
		return fmt.Errorf("%q is not a share such as 3/8", text)
	}
	if text == "auto" {
		rank = ""
	}
	if rank == "" || ranks == "" {
		i, n, err := rankHere()
		if err != nil {
			return err
		}
		if rank == "" {
			rank = i
		}
		if ranks == "" {
			ranks = n
		}
	}
	i, errI := strconv.ParseUint(rank, 10, 31)
	n, errN := strconv.ParseUint(ranks, 10, 31)
	switch {
	case errN != nil || n == 0:
		return fmt.Errorf("%q does not say how many shares there are, as 3/8 does", text)
	case errI != nil:
		return fmt.Errorf("%q is not a share such as 3/8", text)
	case i >= n:
		return fmt.Errorf("there is no share %d of %d: they count from 0", i, n)
	}
	f.rank, f.ranks = int(i), int(n)
	return nil
}

// rankHere is what the environment says.
func rankHere() (rank, ranks string, err error) {
	for _, c := range clusters {
		text, there := os.LookupEnv(c.rank)
		if !there {
			continue
		}
		i, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return "", "", fmt.Errorf("%s is %q, which is no number", c.rank, text)
		}
		if first, err := strconv.ParseUint(os.Getenv(c.first), 10, 31); err == nil && first <= i {
			i -= first
		}
		return strconv.FormatUint(i, 10), os.Getenv(c.ranks), nil
	}
	return "", "", fmt.Errorf("no share is named, and the environment has none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX and SKYPILOT_JOB_RANK: write one such as 3/8")
}

func (f *rankFlag) String() string {
	if f.ranks == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", f.rank, f.ranks)
}

// Type names it in the help.
func (f *rankFlag) Type() string { return "i/N" }
