package main

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loramerge/loramerge/internal/report"
)

const reportedRecipe = `version: 1
stages:
  python:   {load: adapters/python}
  sql:      {load: adapters/sql}
  deltas:   {delta: [python, sql]}
  trimmed:  {trim: deltas, density: 0.5}
  merged:   {average: trimmed}
  factored: {factor: merged, rank: 4}
  out:      {save: factored, to: out}
`

// TestReportInBrowser opens the page in a browser without a window: what it shows are
// the numbers of --json, and the page's one script ran under the page's own policy.
func TestReportInBrowser(t *testing.T) {
	browser := browserPath(t)
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "adapters"), os.DirFS(filepath.Join("..", "..", "testdata", "adapters"))); err != nil {
		t.Fatal(err)
	}
	recipe, out, page := filepath.Join(dir, "recipe.yaml"), filepath.Join(dir, "out"), filepath.Join(dir, "page.html")
	if err := os.WriteFile(recipe, []byte(reportedRecipe), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	loramerge(t, "run", recipe)
	loramerge(t, "report", out, "-o", page)
	var data report.Data
	if err := json.Unmarshal(loramerge(t, "report", "--json", out), &data); err != nil {
		t.Fatal(err)
	}
	shown := figuresIn(t, domOf(t, browser, page))
	compareFigures(t, shown, "sign_conflict", data.Modules, func(m *report.Module) report.Ratio { return m.SignConflict })
	compareFigures(t, shown, "cancelled", data.Modules, func(m *report.Module) report.Ratio { return m.Cancelled })
	compareFigures(t, shown, "mean_cosine", data.Modules, func(m *report.Module) report.Ratio { return m.MeanCosine })
	compareFigures(t, shown, "losses merged", data.Modules, func(m *report.Module) report.Ratio { return m.Losses[0].Error })
	for i, a := range data.Adapters {
		compareFigures(t, shown, "shares "+a.Name, data.Modules, func(m *report.Module) report.Ratio { return m.Shares[i] })
		compareFigures(t, shown, "kept "+a.Name, data.Modules, func(m *report.Module) report.Ratio { return m.Kept[i].Share })
	}
	for _, s := range shown {
		if s.reachable != 1 {
			t.Errorf("%s: %d marks are in the tab order, expected 1", s.name, s.reachable)
		}
	}
}

func browserPath(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("neither chromium nor google-chrome is on PATH")
	return ""
}

// loramerge runs a command in this process and gives its stdout.
func loramerge(t *testing.T, args ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	root := rootCommand(&ui{out: &results{to: &out}, err: io.Discard, sources: map[string][]string{}})
	root.SetArgs(args)
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("loramerge %s: %v", strings.Join(args, " "), err)
	}
	return out.Bytes()
}

// domOf is the document after the browser has read it and run its script. The
// browser's own folder is not t.TempDir, which would insist on removing it while the
// browser's children still write there.
func domOf(t *testing.T, browser, page string) string {
	t.Helper()
	profile, err := os.MkdirTemp("", "loramerge-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(profile) })
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+profile, "--dump-dom", "file://"+page)
	var problems strings.Builder
	command.Stderr = &problems
	dom, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", browser, err, problems.String())
	}
	return string(dom)
}

// picture is what one drawing shows: a value by module.
type picture struct {
	name      string // the figure, and the adapter if it is one's
	values    map[int]float64
	reachable int // marks in the tab order
}

var (
	pictureForm = regexp.MustCompile(`(?s)<svg class="marks" [^>]*data-figure="([^"]*)" data-adapter="([^"]*)"[^>]*>(.*?)</svg>`)
	markForm    = regexp.MustCompile(`<rect class="m [^>]*tabindex="(-?\d)"[^>]*data-module="(\d+)" data-value="([^"]*)"`)
)

func figuresIn(t *testing.T, dom string) map[string]picture {
	t.Helper()
	shown := make(map[string]picture)
	for _, drawing := range pictureForm.FindAllStringSubmatch(dom, -1) {
		p := picture{name: strings.TrimSpace(html.UnescapeString(drawing[1] + " " + drawing[2])), values: make(map[int]float64)}
		for _, mark := range markForm.FindAllStringSubmatch(drawing[3], -1) {
			module, err := strconv.Atoi(mark[2])
			if err != nil {
				t.Fatal(err)
			}
			if p.values[module], err = strconv.ParseFloat(mark[3], 64); err != nil {
				t.Fatalf("%s of module %d: %v", p.name, module, err)
			}
			if mark[1] == "0" {
				p.reachable++
			}
		}
		shown[p.name] = p
	}
	return shown
}

func compareFigures(t *testing.T, shown map[string]picture, name string, modules []report.Module, figure func(*report.Module) report.Ratio) {
	t.Helper()
	if got := len(shown[name].values); got != len(modules) {
		t.Errorf("%s: %d cells for %d modules", name, got, len(modules))
	}
	for i := range modules {
		got, there := shown[name].values[i]
		if want := float64(figure(&modules[i])); !there || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%s of %s: the page shows %v, --json %v", name, modules[i].Name, got, want)
		}
	}
}
