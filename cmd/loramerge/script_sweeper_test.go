package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sweeperMain is an evaluator that scores the documents that it is told to:
//
//	sweeper TRUTHS ADAPTER TASK,… SAMPLES
//
// Document n of a task is row n of the adapter of its name below TRUTHS, over all modules and around
// again; its loss is the squared distance of that row. It notes which documents it has scored, by the
// adapter's name and the task, and the loss, in the file that SWEEPER_SCORED names. It fails the
// times that SWEEPER_FAILS lists, counted from 1 in the file starts, or always, and leaves out a document
// of each task those that SWEEPER_SHORT lists; it writes its number to SWEEPER_NUMBERS before it waits for as long as
// SWEEPER_WAITS says, and as long as there is a file SWEEPER_HELD. With SWEEPER_ALL it scores so many documents of each task from 0 on, whatever it is told.
func sweeperMain() {
	if err := sweeps(os.Args[1], os.Args[2], strings.Split(os.Args[3], ","), os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func sweeps(truths, path string, tasks []string, samples string) error {
	var numbers map[string][]int
	if text, err := os.ReadFile(samples); err != nil || json.Unmarshal(text, &numbers) != nil {
		return errors.Join(err, errors.New("no samples"))
	}
	if all, err := strconv.Atoi(os.Getenv("SWEEPER_ALL")); err == nil {
		for task := range numbers {
			numbers[task] = nil
			for n := range all {
				numbers[task] = append(numbers[task], n)
			}
		}
	}
	is, err := deltasOf(path)
	if err != nil {
		return err
	}
	if isTurn("SWEEPER_FAILS") {
		return errors.New("it fails")
	}
	if isTurn("SWEEPER_SHORT") {
		for task := range numbers {
			numbers[task] = numbers[task][1:]
		}
	}
	var scored strings.Builder
	out, all := make(map[string]any), make(map[string]map[string]float64)
	for _, task := range tasks {
		want, err := deltasOf(filepath.Join(truths, task))
		if err != nil {
			return err
		}
		rows := slices.Sorted(maps.Keys(want))
		documents, sum := make(map[string]float64), 0.0
		for _, n := range numbers[task] {
			row, loss := rows[n%len(rows)], float64(n)*1e-6
			for i, x := range want[row] {
				if is[row] != nil {
					x -= is[row][i]
				}
				loss += x * x
			}
			documents[fmt.Sprint(n)] = loss
			sum += loss
			fmt.Fprintf(&scored, "%s %s %d\n", filepath.Base(path), task, n)
		}
		loss := sum / float64(len(documents))
		fmt.Fprintf(&scored, "%s %s = %v\n", filepath.Base(path), task, loss)
		out[task] = map[string]float64{"loss": loss}
		all[task+".loss"] = documents
	}
	out["samples"] = all
	if err := note("SWEEPER_NUMBERS", path, strconv.Itoa(os.Getpid())); err != nil {
		return err
	}
	if wait, err := time.ParseDuration(os.Getenv("SWEEPER_WAITS")); err == nil {
		time.Sleep(wait)
	}
	for exists(os.Getenv("SWEEPER_HELD")) {
		time.Sleep(20 * time.Millisecond)
	}
	if name := os.Getenv("SWEEPER_SCORED"); name != "" {
		file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
		if err != nil {
			return err
		}
		if _, err := file.WriteString(scored.String()); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// isTurn reports whether this is one of the times that a variable lists.
func isTurn(variable string) bool {
	when := os.Getenv(variable)
	if when == "" {
		return false
	}
	file, err := os.OpenFile("starts", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return true
	}
	defer file.Close()
	_, err = file.WriteString(".")
	info, failed := file.Stat()
	return errors.Join(err, failed) != nil || when == "always" || slices.Contains(strings.Fields(when), strconv.FormatInt(info.Size(), 10))
}
