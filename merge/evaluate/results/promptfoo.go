package results

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/internal/printable"
)

// promptfoo is a result of version 3: a row for each test and column, and a column for each
// provider and prompt.
type promptfoo struct {
	file    string
	rows    []promptfooRow
	columns map[int]string // what each is called
	version string
}

type promptfooRow struct {
	Column int `json:"promptIdx"`
	Test   int `json:"testIdx"`
	Prompt struct {
		Label string `json:"label"`
	} `json:"prompt"`
	Provider struct {
		ID    string `json:"id"`
		Label string `json:"label"`
	} `json:"provider"`
	Vars     map[string]json.RawMessage `json:"vars"`
	TestCase struct {
		Assert []struct {
			Type string `json:"type"`
		} `json:"assert"`
	} `json:"testCase"`
	Success bool                       `json:"success"`
	Score   json.RawMessage            `json:"score"`
	Named   map[string]json.RawMessage `json:"namedScores"`
	Reason  int                        `json:"failureReason"`
	Error   string                     `json:"error"`
	Answer  struct {
		Cached bool `json:"cached"`
	} `json:"response"`
}

func readPromptfoo(files []string) (Run, error) {
	r := &promptfoo{file: files[0], columns: make(map[int]string)}
	if filepath.Ext(r.file) == ".jsonl" {
		if err := r.readLines(); err != nil {
			return nil, err
		}
	} else if err := r.readWhole(); err != nil {
		return nil, err
	}
	if len(r.rows) == 0 {
		return nil, fault.In(r.file, "has no results of promptfoo").Mend("see promptfoo's log, and let it write `-o {out}/results.json`")
	}
	for _, row := range r.rows {
		name := row.Provider.Label
		if name == "" {
			name = row.Provider.ID
		}
		r.columns[row.Column] = name
	}
	return r, nil
}

func (r *promptfoo) readWhole() error {
	var top struct {
		Results struct {
			Rows []promptfooRow `json:"results"`
		} `json:"results"`
		Metadata struct {
			Version string `json:"promptfooVersion"`
		} `json:"metadata"`
	}
	err := readJSON(r.file, &top)
	r.rows, r.version = top.Results.Rows, top.Metadata.Version
	return err
}

func (r *promptfoo) readLines() error {
	return lines(r.file, func(at fault.Position, line map[string]json.RawMessage) error {
		var row promptfooRow
		data, err := json.Marshal(line)
		if err == nil {
			err = json.Unmarshal(data, &row)
		}
		if err != nil {
			return fault.At(at, "is no result of promptfoo: %v", unlike(err)).Mend("let promptfoo write `-o {out}/results.json`")
		}
		r.rows = append(r.rows, row)
		return nil
	})
}

// Measure takes score, success or namedScores.NAME of the column whose provider is the task's
// name, by label or ID. Where there is one column, it is that, whatever the task's name is.
func (r *promptfoo) Measure(task, metric string) (*Measurement, error) {
	column, err := r.column(task)
	if err != nil {
		return nil, err
	}
	m := &Measurement{File: r.file, Direction: Maximize, About: make(map[string]string)}
	if r.version != "" {
		m.About["promptfoo"] = r.version
	}
	there := map[string]bool{"score": true, "success": true}
	sums := make(map[string]*Document) // repeats of a document are averaged: Weight counts them
	var failed []string
	cached := false
	for _, row := range r.rows {
		if row.Column != column {
			continue
		}
		for name := range row.Named {
			there["namedScores."+name] = true
		}
		cached = cached || row.Answer.Cached
		if row.Reason == 2 {
			failed = append(failed, row.Error)
			continue
		}
		if err := row.comparable(r.file, metric); err != nil {
			return nil, err
		}
		value, ok := row.value(metric)
		if !ok {
			continue
		}
		if err := finite(r.file, task, metric, value); err != nil {
			return nil, err
		}
		id := row.id()
		if sums[id] == nil {
			sums[id] = &Document{ID: id}
		}
		sums[id].Value += value
		sums[id].Weight++
	}
	if len(failed) > 0 {
		return nil, fault.In(r.file, "%s no answer: %s", printable.Count(len(failed), "test")+printable.Choose(len(failed), " has", " have"), fault.Quote(failed[0])).Mend("see that the model's server runs, and evaluate again; a missing answer is no wrong one")
	}
	if len(sums) == 0 {
		return nil, missing(r.file, "metric", metric, there)
	}
	if cached {
		m.Notes = append(m.Notes, "promptfoo took answers from its cache, which does not know an adapter's weights; add `--no-cache`")
	}
	documents := averaged(sums)
	m.Value = mean(documents)
	return m, m.attach(documents)
}

// averaged are documents whose repeats were added up.
func averaged(sums map[string]*Document) []Document {
	var documents []Document
	for _, id := range mapkeys.Sorted(sums) {
		d := sums[id]
		documents = append(documents, Document{ID: d.ID, Value: d.Value / d.Weight, Weight: 1})
	}
	return documents
}

func (r *promptfoo) column(task string) (int, error) {
	there, matches := make(map[string]bool), make(map[int]bool)
	for _, row := range r.rows {
		for _, name := range []string{row.Provider.Label, row.Provider.ID} {
			if name != "" {
				there[name] = true
			}
			if name == task {
				matches[row.Column] = true
			}
		}
	}
	candidates := matches
	if len(r.columns) == 1 {
		candidates = map[int]bool{r.rows[0].Column: true}
	}
	switch len(candidates) {
	case 0:
		return 0, missing(r.file, "provider", task, there)
	case 1:
		for column := range candidates {
			return column, nil
		}
	}
	return 0, fault.In(r.file, "has %d columns of provider %s, one for each prompt", len(candidates), fault.Quote(task)).Mend("evaluate one prompt, with `--filter-prompts`")
}

func (row *promptfooRow) value(metric string) (float64, bool) {
	name, named := strings.CutPrefix(metric, "namedScores.")
	switch {
	case named:
		return number(row.Named[name])
	case metric == "score":
		return number(row.Score)
	case metric == "success" && row.Success:
		return 1, true
	}
	return 0, metric == "success"
}

// comparable refuses scores that depend on the other columns of the file.
func (row *promptfooRow) comparable(file, metric string) error {
	for _, a := range row.TestCase.Assert {
		if (a.Type == "select-best" || a.Type == "max-score") && !strings.HasPrefix(metric, "namedScores.") {
			return fault.In(file, "an assertion of type %s compares the columns of one file, so that scores of different files can't be compared", a.Type).Mend("leave that assertion out, or use a metric namedScores.NAME")
		}
	}
	return nil
}

// id is the hash of a test's variables: rows have other numbers once a filter is used. Where
// there are no variables it is the row's number.
func (row *promptfooRow) id() string {
	if len(row.Vars) == 0 {
		return strconv.Itoa(row.Test)
	}
	canonical, err := json.Marshal(row.Vars) // sorted by name
	if err != nil {
		panic(fmt.Sprintf("results: variables that were JSON: %v", err))
	}
	sum := sha256.Sum256(append([]byte(row.Prompt.Label+"\x00"), canonical...))
	return hex.EncodeToString(sum[:8])
}
