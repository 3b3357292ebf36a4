package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/stages"
)

// Job is one command to be run for one adapter.
type Job struct {
	*stages.Command
	At      fault.Position // where the recipe has it
	Values  Values         // Out and Samples are set by Run
	Dir     string         // the folder in which it runs, the recipe's
	Scratch string         // a folder for what it writes; each try gets a new one in it
	Log     string         // the file of all that it prints
	LogKept string         // where the caller keeps that file after a failure, for messages; empty for where it is
	Now     func() time.Time
}

// Output is what a command gave.
type Output struct {
	Result results.Run
	Took   time.Duration // the try that succeeded
	Tries  int
}

// Run runs a command until a try succeeds, or the retries are used up. A try has succeeded if
// its exit code is one that counts and its one result can be read: evaluators exit with 0 after a
// failure, and one that crashed may have written half of its scores.
//
// When Run returns, the command's process group has ended. What the command prints goes to the
// log as it is; the error has its last lines. An error that is no Fault is none of the evaluator's,
// such as a full disk. The result's files stay in Scratch.
func Run(ctx context.Context, job Job) (Output, error) {
	log, err := os.OpenFile(job.Log, os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return Output{}, fmt.Errorf("the evaluator's log: %w", err)
	}
	out, err := job.tries(ctx, log)
	if closed := log.Close(); err == nil && closed != nil {
		err = fmt.Errorf("the evaluator's log: %w", closed)
	}
	return out, err
}

func (j Job) tries(ctx context.Context, log *os.File) (Output, error) {
	for try := 1; ; try++ {
		began := j.Now()
		result, failed, err := j.try(ctx, try, log)
		took := j.Now().Sub(began)
		switch {
		case ctx.Err() != nil:
			return Output{}, context.Cause(ctx)
		case err != nil:
			if _, ok := err.(*fault.Fault); ok {
				err = fault.Place(j.At, err)
			}
			return Output{}, err
		case failed == nil:
			return Output{Result: result, Took: took, Tries: try}, nil
		case try > j.Retries:
			return Output{}, fault.Place(j.At, failed)
		}
	}
}

// try runs the command once. Another try may mend what has failed, and no error.
func (j Job) try(ctx context.Context, number int, log *os.File) (result results.Run, failed *fault.Fault, err error) {
	folder := filepath.Join(j.Scratch, "try-"+strconv.Itoa(number))
	v := j.Values
	v.Out, v.Samples = filepath.Join(folder, "out"), filepath.Join(folder, "samples.json")
	if err := os.MkdirAll(v.Out, 0o700); err != nil {
		return nil, nil, err
	}
	if v.Documents != nil {
		if err := os.WriteFile(v.Samples, SamplesFile(&v), 0o600); err != nil {
			return nil, nil, err
		}
	}
	cmd, err := j.command(&v)
	if err != nil {
		return nil, nil, err
	}
	cmd.Stdout, cmd.Stderr = log, log
	var printed *os.File // the result, where that is printed
	if !uses(j.Command, "out") {
		if printed, err = os.OpenFile(filepath.Join(folder, "stdout"), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600); err != nil {
			return nil, nil, err
		}
		defer printed.Close()
		cmd.Stdout = printed
	}
	from, err := begin(log, cmd)
	if err != nil {
		return nil, nil, err
	}
	if failed, err = j.execute(ctx, cmd, log); err != nil {
		return nil, nil, err
	}
	result, unread := j.read(v.Out, printed)
	if failed, err = j.judge(failed, unread); failed != nil {
		err = j.tell(failed, log, from, printed)
	}
	return result, failed, err
}

// begin notes in the log what is run, and returns where its output begins.
func begin(log *os.File, cmd *exec.Cmd) (from int64, err error) {
	if _, err := fmt.Fprintf(log, "$ %s\n", Line(cmd.Args)); err != nil {
		return 0, fmt.Errorf("the evaluator's log: %w", err)
	}
	info, err := log.Stat()
	if err != nil {
		return 0, fmt.Errorf("the evaluator's log: %w", err)
	}
	return info.Size(), nil
}

// command is what is started: nothing but its words, its environment and its folder.
func (j Job) command(v *Values) (*exec.Cmd, error) {
	words, err := Expand(j.Command, v)
	if err != nil {
		return nil, err
	}
	program := words[0]
	if !filepath.IsAbs(program) && filepath.Base(program) != program {
		program = filepath.Join(j.Dir, program)
	}
	cmd := exec.Command(program, words[1:]...)
	cmd.Dir = j.Dir
	// Python leaves compiled files beside its sources, and these may be in `inputs`.
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	for name, template := range j.Env {
		value, err := expand(j.Command, template, v)
		if err != nil {
			return nil, err
		}
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if cmd.Err != nil {
		return nil, fault.New("the program %s can't be run", fault.Quote(words[0])).Because(cmd.Err).Mend("install it, or write its path; a path with a / begins at the recipe's folder")
	}
	return cmd, nil
}

// execute runs the command to its end, and its children's. It has failed unless its exit code is one
// that counts.
func (j Job) execute(ctx context.Context, cmd *exec.Cmd, log *os.File) (failed *fault.Fault, err error) {
	limited, late := ctx, fault.New("the command did not end within %v", j.Timeout).Mend("raise its `timeout`, or score fewer documents")
	if j.Timeout > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeoutCause(ctx, j.Timeout, late)
		defer cancel()
	}
	err = runGroup(limited, cmd)
	// What a full disk has swallowed, the evaluator may not have noticed.
	if _, full := fmt.Fprintf(log, "\n"); full != nil {
		return nil, fmt.Errorf("the evaluator's log: %w", full)
	}
	exit, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case limited.Err() != nil:
		return late, nil
	case err != nil && !ended:
		return nil, unstarted(cmd, err)
	case err == nil && j.counts(0), ended && j.counts(exit.ExitCode()):
		return nil, nil
	case err == nil:
		return fault.New("the command ended with exit code 0"), nil
	case exit.ExitCode() < 0:
		return fault.New("the command was ended by a signal (%v)", exit.ProcessState), nil
	}
	return fault.New("the command ended with exit code %d", exit.ExitCode()), nil
}

// unstarted is the error of a program that could not be started, which the user can mend if its file
// is what is wrong.
func unstarted(cmd *exec.Cmd, err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || notExecutable(err)) {
		return fault.New("the program %s can't be run", fault.Quote(cmd.Path)).Because(path.Err).Mend("see that it is there and can be executed (`chmod +x`, and a first line such as #!/bin/sh in a script)")
	}
	return err
}

// counts reports whether a result counts after an exit code. promptfoo's is 100 when a test failed,
// which is no failure of its own.
func (j Job) counts(code int) bool {
	switch {
	case j.ExitCodes != nil:
		return slices.Contains(j.ExitCodes, code)
	case j.Format == "promptfoo":
		return code == 0 || code == 100
	}
	return code == 0
}

func (j Job) read(out string, printed *os.File) (results.Run, error) {
	if printed != nil {
		run, err := results.ReadFile(j.Format, printed.Name())
		if f, ok := err.(*fault.Fault); ok {
			f.Mend("what the command prints to stdout is its result: let it print that and nothing else, or write it to a file below {out}")
		}
		return run, err
	}
	return results.Read(j.Format, out)
}

// judge is what has failed, by how the command ended and whether its result could be read.
func (j Job) judge(ended *fault.Fault, unread error) (*fault.Fault, error) {
	if ended != nil {
		if unread == nil && ended.Remedy == "" {
			ended.Mend("there is a result, which would count if this is no failure: then write the exit code into `exit-codes`")
		}
		return ended, nil
	}
	failed, ok := unread.(*fault.Fault)
	if !ok {
		return nil, unread
	}
	return fault.New("%s", message(failed)).Mend(failed.Remedy), nil
}

// tell adds to what has failed what the try printed: the last lines, and where all of them are.
func (j Job) tell(failed *fault.Fault, log *os.File, from int64, printed *os.File) (err error) {
	if printed != nil {
		if _, err := io.Copy(log, io.NewSectionReader(printed, 0, math.MaxInt64)); err != nil {
			return fmt.Errorf("the evaluator's log: %w", err)
		}
	}
	where := "all that it printed is in " + cmp.Or(j.LogKept, j.Log)
	if failed.Remedy != "" {
		where = failed.Remedy + "; " + where
	}
	failed.Mend(where)
	failed.Output, err = tail(log, from)
	return err
}

// message is what is wrong, without the folder that was made for the try.
func message(f *fault.Fault) string {
	if path := f.File; path != "" && filepath.Base(path) != "out" {
		return fmt.Sprintf("its %s %s", filepath.Base(path), f.Message())
	}
	return f.Message()
}

// Line is a command as it would be typed into a shell.
func Line(words []string) string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = word
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return !strings.ContainsRune(plain, r) }) {
			out[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}

// plain are the characters that no shell reads anything into.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_"
