package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
)

// scorerMain is an evaluator:
//
//	scorer TRUTHS ADAPTER TASK,…
//
// The loss of a task is ‖ΔW − ΔW'‖² to the adapter of its name below TRUTHS, so that the share
// that a merge recovers is 1 − ‖ΔW − ΔW'‖²/‖ΔW'‖². A document is a row of a module. It notes that
// it was started in the file that the variable SCORER_STARTS names, and in that of SCORER_EVENTS
// when it begins and ends, and its number in that of SCORER_NUMBERS. SCORER_KEEP is a folder for copies of what it is shown. It hangs on the adapter that SCORER_HANGS
// names, after it has written its number to the file hangs.
func scorerMain() {
	tasks := strings.Split(os.Args[3], ",")
	err := errors.Join(note("SCORER_NUMBERS", os.Args[2], strconv.Itoa(os.Getpid())), note("SCORER_STARTS", os.Args[2], os.Args[3]), note("SCORER_EVENTS", os.Args[2], "begins"), keep(os.Args[2]))
	if shownName(os.Args[2]) == os.Getenv("SCORER_HANGS") {
		err = errors.Join(err, os.WriteFile("hangs", []byte(strconv.Itoa(os.Getpid())), 0o666))
		time.Sleep(time.Hour)
	}
	if err == nil {
		err = score(os.Args[1], os.Args[2], tasks)
	}
	if err := errors.Join(err, note("SCORER_EVENTS", os.Args[2], "ends")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// shownName is an adapter's name in its path, before the digest.
func shownName(path string) string {
	name := filepath.Base(path)
	return name[:max(0, strings.LastIndex(name, "-"))]
}

func note(variable, path, text string) error {
	if os.Getenv(variable) == "" {
		return nil
	}
	file, err := os.OpenFile(os.Getenv(variable), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	fmt.Fprintf(file, "%s %s\n", shownName(path), text)
	return file.Close()
}

func keep(path string) error {
	if os.Getenv("SCORER_KEEP") == "" {
		return nil
	}
	return os.CopyFS(filepath.Join(os.Getenv("SCORER_KEEP"), shownName(path)), os.DirFS(path))
}

func score(truths, path string, tasks []string) error {
	is, err := deltasOf(path)
	if err != nil {
		return err
	}
	out := map[string]any{"evaluator": map[string]string{"name": "scorer", "version": "1"}}
	samples := make(map[string]map[string]float64)
	for _, task := range tasks {
		want, err := deltasOf(filepath.Join(truths, task))
		if err != nil {
			return err
		}
		documents, sum := make(map[string]float64), 0.0
		for id, row := range want {
			for i, x := range row {
				d := x
				if is[id] != nil {
					d -= is[id][i]
				}
				documents[id] += d * d
			}
			sum += documents[id]
		}
		out[task] = map[string]float64{"loss": sum / float64(len(documents))}
		samples[task+".loss"] = documents
	}
	out["samples"] = samples
	return json.NewEncoder(os.Stdout).Encode(out)
}

// deltasOf are the rows of ΔW = s·B·A, by module and number.
func deltasOf(path string) (map[string][]float64, error) {
	a, err := formats.Open(path)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	rows := make(map[string][]float64)
	for _, m := range a.Modules {
		if m.Form != adapter.Linear {
			continue
		}
		x, y := make([]float32, m.A.Elements()), make([]float32, m.B.Elements())
		if err := a.Read(m.A, x); err != nil {
			return nil, err
		}
		if err := a.Read(m.B, y); err != nil {
			return nil, err
		}
		for i := range m.Out() {
			row := make([]float64, m.In())
			for k := range m.Rank {
				for j := range row {
					row[j] += m.Scale * float64(y[i*m.Rank+k]) * float64(x[k*m.In()+j])
				}
			}
			rows[fmt.Sprintf("%s/%d", m.Name, i)] = row
		}
	}
	return rows, nil
}
