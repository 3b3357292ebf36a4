package evaluate_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/stages"
)

// record writes a lock with scores, and the file beside it.
func record(t *testing.T, scores map[string]*evaluate.Scores) (lock, documents string) {
	t.Helper()
	folder := t.TempDir()
	lock = filepath.Join(folder, "r.lock.yaml")
	documents = filepath.Join(folder, "r.scores.json")
	l := lockfile.New()
	l.Plan = "p"
	var data []byte
	l.Scores, data = evaluate.Record(scores)
	if err := l.Write(lock); err != nil {
		t.Fatal(err)
	}
	write(t, documents, data)
	return lock, documents
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func locked(t *testing.T, lock string) *evaluate.Locked {
	t.Helper()
	l, err := evaluate.ReadLocked(lock)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLocked: a lock and the file beside it give back what was scored, to the last digit, under
// the stage's name or another, and by digest.
func TestLocked(t *testing.T) {
	e, s := several(stages.Gate{Task: "math", Against: "locked", Margin: 0.01})
	score := s.Candidates[0].Scores["math"]
	score.Digest = digest.Describe("a score").Sum()
	score.Metric = "bits_per_byte,none"
	score.Split, score.Method, score.Exp, score.Missing = "6-11", digest.Describe("how").Sum(), true, 2
	score.Conditions, score.About, score.Notes = map[string]string{"limit": "6"}, map[string]string{"eval.py": "3"}, []string{"<b>two\nlines</b>"}
	for i := range score.Documents {
		score.Documents[i].Content, score.Documents[i].Cluster, score.Documents[i].Weight = fmt.Sprint("c", i), fmt.Sprint(i/2), float64(i)+0.1
	}
	lock, documents := record(t, map[string]*evaluate.Scores{"scores": s})
	l := locked(t, lock)
	for _, name := range []string{"scores", "renamed"} {
		got := l.Stage(name)
		if !reflect.DeepEqual(got.Base, s.Base) || !reflect.DeepEqual(got.Candidates, s.Candidates) || !reflect.DeepEqual(got.Experts, s.Experts) {
			t.Errorf("%+v of\n%s%s", got, read(t, lock), read(t, documents))
		}
	}
	if got := l.Known(score.Digest); !reflect.DeepEqual(got, score) {
		t.Errorf("%+v", got)
	}
	if got := l.Known(digest.Digest{}); got != nil {
		t.Errorf("%+v", got)
	}
	j, err := evaluate.Judge(e, s, map[string]*evaluate.Scores{"locked": l.Stage("scores")})
	if err != nil || j.Gates[0].Outcome != evaluate.Unchecked {
		t.Errorf("%+v, %v", j.Gates[0], err)
	}
	if got := bytes.Count(read(t, documents), []byte(`"ids"`)); got != 2 {
		t.Errorf("%d lists of documents, want one for each content", got)
	}
	// On other machines git may have turned the ends of lines.
	write(t, documents, bytes.ReplaceAll(read(t, documents), []byte("\n"), []byte("\r\n")))
	if got := locked(t, lock).Known(score.Digest); !reflect.DeepEqual(got, score) {
		t.Errorf("%+v", got)
	}
}

// TestOneText: the file's bytes do not depend on the order of anything.
func TestOneText(t *testing.T) {
	_, s := several()
	first, text := evaluate.Record(map[string]*evaluate.Scores{"a": s, "b": s})
	slices.Reverse(s.Experts)
	for range 5 {
		again, other := evaluate.Record(map[string]*evaluate.Scores{"b": s, "a": s})
		if !bytes.Equal(text, other) || !reflect.DeepEqual(first, again) {
			t.Fatalf("%s\n%s", text, other)
		}
	}
}

// TestNoDocuments: without the file a score is known by its standard error, and compared as wide.
func TestNoDocuments(t *testing.T) {
	_, s := several()
	score := s.Candidates[0].Scores["math"]
	score.Digest, score.About = digest.Describe("a score").Sum(), map[string]string{"eval.py": "3"}
	lock, documents := record(t, map[string]*evaluate.Scores{"scores": s, "quick": s})
	if err := os.Remove(documents); err != nil {
		t.Fatal(err)
	}
	l := locked(t, lock)
	got := l.Known(score.Digest)
	_, se := mean(lossMerged)
	if got.Value != score.Value || math.Abs(got.SE/se-1) > 1e-3 || got.Direction != results.Minimize || got.N != 6 || got.Documents != nil || got.About["eval.py"] != "3" {
		t.Errorf("%+v", got)
	}
	if l.Stage("renamed") != nil {
		t.Error("which of two?")
	}
	if l, err := evaluate.ReadLocked(lock + "x"); l != nil || err != nil || l.Known(score.Digest) != nil || l.Stage("scores") != nil {
		t.Errorf("%v, %v", l, err)
	}
	write(t, lock, []byte("lock: 1\nplan: p\ninputs: {}\noutputs: {}\n")) // as before there were scores
	if l := locked(t, lock); l.Stage("scores") != nil || l.Known(score.Digest) != nil {
		t.Errorf("%+v", l)
	}
}

// TestDamaged: files that do not belong together, or that loramerge did not write.
func TestDamaged(t *testing.T) {
	_, s := several()
	lock, documents := record(t, map[string]*evaluate.Scores{"scores": s})
	good, goodLock := read(t, documents), string(read(t, lock))
	refuse := func(what string, want ...string) {
		t.Helper()
		_, err := evaluate.ReadLocked(lock)
		refused(t, what, err, want...)
	}
	write(t, documents, append(slices.Clone(good), '\n'))
	refuse("another file", documents+": the scores are not those that the lock pins: sha256:", "; restore both files from git, or move this one away: single documents are then not compared")
	write(t, documents, good)
	value := fmt.Sprint(s.Candidates[0].Scores["math"].Value)
	write(t, lock, []byte(strings.Replace(goodLock, "value: "+value, "value: 0.5", 1)))
	refuse("another value", "r.lock.yaml:", ": this score is not the one in "+documents+"; restore both files from git, or measure it anew with --reevaluate")
	if err := os.Remove(documents); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(documents, 0o755); err != nil {
		t.Fatal(err)
	}
	refuse("a folder", "the scores can't be read: ", "; restore the file from git, or move away what is in its place")

	sum := digest.Describe("x").Sum().String()
	entry := func(documents, measurement string) string {
		return fmt.Sprintf(`{"scores": 1, "documents": {"%s": %s}, "measurements": {"%s": %s}}`, sum, documents, sum, measurement)
	}
	for text, want := range map[string]string{
		"":                                      "it is empty",
		"[]":                                    "cannot unmarshal array",
		`{"scores": 2}`:                         "its version is 2, and this program knows 1",
		`{"scores": 1, "more": 2}`:              `unknown field "more"`,
		`{"scores": 1} {}`:                      "there is something after its end",
		`{"scores": 1, "documents": {"x": {}}}`: "is not a SHA-256",
		entry("null", "{}"):                     "are null",
		entry("{}", "null"):                     "is null",
		entry(`{"ids": ["a", "a"]}`, "{}"):      "have an id twice",
		entry(`{"ids": ["a"], "weights": [1, 2]}`, "{}"):                      "have 1 ids and 2 weights",
		entry(`{"ids": ["a"], "weights": [0]}`, "{}"):                         "have the weight 0",
		entry(`{}`, `{"value": 1, "stderr": -1}`):                             "is 1 ± -1 of 0 documents",
		entry(`{}`, `{"value": 1, "direction": "up"}`):                        `to "up"`,
		entry(`{"ids": ["a"]}`, `{"values": [1, 2], "documents": "`+sum+`"}`): "has 2 values and not the documents to them",
		entry(`{}`, `{"values": [1]}`):                                        "has 1 values and not the documents to them",
		entry(`{}`, `{"value": 1e999}`):                                       "cannot unmarshal number 1e999",
	} {
		_, err := evaluate.Decode("x.scores.json", []byte(text))
		refused(t, text, err, "x.scores.json: these are not the scores that loramerge wrote: ", want, "; restore the file from git, or move it away: its scores are then measured anew where documents are needed")
	}
}

func refused(t *testing.T, what string, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want it to say %q", what, err, part)
		}
	}
}
