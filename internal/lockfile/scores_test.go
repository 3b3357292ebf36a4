package lockfile

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func sum(digit string) string { return "sha256:" + strings.Repeat(digit, 64) }

func withScores() *Lock {
	l := New()
	l.Plan = "p"
	l.Scores = &Scores{Documents: sum("d"), Stages: map[string]StageScores{"scores": {
		Base:       map[string]Score{"math": {Value: 0.1, SE: 0.069, N: 20, Split: "200-219", Digest: sum("1"), About: map[string]string{"lm-eval": "0.4.9", "note": "two\nlines"}}},
		Experts:    map[string]map[string]Score{"math": {"math": {Value: 0.6, N: 20, Metric: "exact_match,strict-match", Better: "maximize", Digest: sum("2")}}},
		Candidates: map[string]map[string]Score{"merged": {"math": {Value: 1, SE: 1e-300, Digest: sum("3")}, "a: b": {Value: -3e300, Digest: sum("4")}}},
	}}}
	return l
}

// TestScores: scores come back from a lock's text, which has a line for each.
func TestScores(t *testing.T) {
	l := withScores()
	text, err := l.encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("x.lock.yaml", text)
	if err != nil || !reflect.DeepEqual(again.Scores, l.Scores) {
		t.Fatalf("%+v, %v, of\n%s", again.Scores, err, text)
	}
	const line = "        math: {value: 0.1, se: 0.069, documents: 20, split: 200-219, digest: '" // quoted for its colon
	if got := string(text); !strings.Contains(got, strings.TrimSuffix(line, "'")) || strings.Count(got, "value:") != 4 {
		t.Errorf("%s", got)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if strings.Contains(line, "value:") && !strings.HasSuffix(line, "}") {
			t.Errorf("a score of several lines: %s", line)
		}
	}
	if got := again.Place("scores", "stages", "scores", "candidates", "merged", "math"); got.Line < 10 {
		t.Errorf("%v", got)
	}
}

// TestScoreChanges: scores differ by their digests, and a run that scores nothing changes none.
func TestScoreChanges(t *testing.T) {
	l, now := withScores(), withScores()
	if all := l.Changes(now); len(all) > 0 {
		t.Errorf("%v", all)
	}
	delete(now.Scores.Stages["scores"].Candidates["merged"], "a: b")
	base := now.Scores.Stages["scores"].Base
	base["math"], base["new"] = Score{Value: 0.1, Digest: sum("5")}, Score{Value: 3, Digest: sum("6")}
	var told []string
	for _, c := range l.Changes(now) {
		told = append(told, c.What+" "+c.Text)
	}
	want := []string{"score scores.base.math is still 0.1, measured anew", "score scores.base.new is new, 3", "score scores.candidates.merged.a: b was -3e+300, is gone"}
	if !slices.Equal(told, want) {
		t.Errorf("%q", told)
	}
	for i := range 9 {
		base[fmt.Sprint("task", i)] = Score{Value: 1, Digest: sum("7")}
	}
	if all := l.Changes(now); len(all) != 1 || all[0].Text != "scores.base.math and 11 others differ" {
		t.Errorf("%+v", all)
	}
	again := withScores()
	again.Scores.Stages["scores"].Base["math"] = Score{Value: 0.25, SE: 0.069, N: 20, Split: "200-219", Digest: sum("1"), About: map[string]string{"lm-eval": "0.4.9", "note": "two\nlines"}}
	if all := l.Changes(again); len(all) != 1 || all[0].Text != "was 0.1, is 0.25" {
		t.Errorf("measured anew: %+v", all)
	}
	now.Scores = nil
	if all := l.Changes(now); len(all) > 0 {
		t.Errorf("%v", all)
	}
	if all := now.Changes(l); len(all) != 4 {
		t.Errorf("%v", all)
	}
}

// TestScoreMistakes: what no run writes is refused, where it stands.
func TestScoreMistakes(t *testing.T) {
	for entry, want := range map[string]string{
		"{value: .nan, digest: '" + sum("1") + "'}":             "x.lock.yaml:9:9: this is not a lock: this score is NaN ± 0 of 0 documents; restore it from git, or renew it with --update-lock",
		"{value: 1, se: -1, digest: '" + sum("1") + "'}":        "this score is 1 ± -1 of 0 documents",
		"{value: 1, documents: -2, digest: '" + sum("1") + "'}": "of -2 documents",
		"{value: 1, direction: up, digest: '" + sum("1") + "'}": `the direction of this score is "up"`,
		"{value: 1}":            `the digest of this score is ""`,
		"{value: 1, worth: 2}":  `it has the unknown entry "worth"`,
		"{value: 1, digest: 7}": `the digest of this score is "7"`,
	} {
		_, err := Parse("x.lock.yaml", []byte("lock: 1\nplan: p\ninputs: {}\noutputs: {}\nscores:\n  stages:\n    s:\n      base:\n        math: "+entry+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if got := ScoresPath("a/ties.lock.yaml"); got != "a/ties.scores.json" {
		t.Error(got)
	}
}
