//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
)

// BenchmarkReportOpens opens the page of a merge of eight adapters with 224 modules,
// and takes the browser's own time from the navigation to the end of the load event.
// The modules are small, of which the page shows nothing but the numbers.
func BenchmarkReportOpens(b *testing.B) {
	tab := openBrowser(b)
	dir := b.TempDir()
	page, _ := reportOf(b, dir, writeEight(b, dir))
	info, err := os.Stat(page)
	if err != nil {
		b.Fatal(err)
	}
	longest := 0.0
	for b.Loop() {
		tab.open(b, "file://"+page)
		var took float64
		tab.evaluate(b, `new Promise(r => setTimeout(() => r(performance.getEntriesByType('navigation')[0].loadEventEnd)))`, &took)
		longest = max(longest, took)
	}
	b.ReportMetric(longest, "ms/longest-load")
	b.ReportMetric(float64(info.Size()), "bytes/page")
}

// writeEight writes adapters, and gives a recipe that trims and cuts them, whose
// report has all there is.
func writeEight(b *testing.B, dir string) (recipe string) {
	b.Helper()
	var names []string
	for i := range 8 {
		spec := gen.Spec{Name: fmt.Sprint("task-", i+1), Base: "small", Rank: 16, Alpha: 16, DType: safetensors.BF16}
		for _, m := range gen.Mistral7B() {
			spec.Modules = append(spec.Modules, gen.Module{Name: m.Name, Out: 64, In: 64})
		}
		if err := gen.Write(filepath.Join(dir, spec.Name), spec); err != nil {
			b.Fatal(err)
		}
		names = append(names, spec.Name+": "+spec.Name)
	}
	return `version: 1
stages:
  tasks:  {load: {` + strings.Join(names, ", ") + `}}
  merged: {ties: tasks, density: 0.5, space: delta, rank: 16}
  out:    {save: merged, to: out}
`
}
