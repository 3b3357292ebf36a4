package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

// jobsFlag is --jobs: how many modules are under way at once; 0 for one a processor.
type jobsFlag int

// Set reads the number.
func (j *jobsFlag) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return fmt.Errorf("%q is not a number of jobs such as 4; 0 is one a processor", text)
	}
	*j = jobsFlag(n)
	return nil
}

func (j *jobsFlag) String() string { return strconv.Itoa(int(*j)) }

// Type names it in the help.
func (j *jobsFlag) Type() string { return "number" }

func addJobs(command *cobra.Command, jobs *int, doc string) {
	command.Flags().VarP((*jobsFlag)(jobs), "jobs", "j", doc)
}
