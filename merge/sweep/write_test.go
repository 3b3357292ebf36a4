package sweep

import (
	"strings"
	"testing"
)

// TestToWrite: what is written is the pick, if it is better, or what the user says.
func TestToWrite(t *testing.T) {
	zero, one, two, nine := 0, 1, 2, 9
	trials := tried(nil, nil, nil)[1:]
	for _, c := range []struct {
		name   string
		answer *Answer
		to     To
		trial  int // 0 for none
		why    string
	}{
		{"better", &Answer{Better: true, Pick: &two}, To{}, 2, ""},
		{"not better", &Answer{Pick: &two}, To{}, 0, "trial 2 is not better than what you have; keep what you have, or write it all the same with --force"},
		{"forced", &Answer{Pick: &two}, To{Force: true}, 2, ""},
		{"asked for", &Answer{Pick: &two}, To{Trial: &one}, 1, ""},
		{"not there", &Answer{Better: true, Pick: &two}, To{Trial: &nine}, 0, "there is no trial 9 among 2; name one that the table shows"},
		{"zero", &Answer{Better: true, Pick: &two}, To{Trial: &zero}, 0, "there is no trial 0 among 2"},
		{"stood", &Answer{Pick: &zero}, To{Force: true}, 0, "what you have is the best of what was tried, so that there is nothing to write; keep it, or name a trial with --trial"},
		{"front", &Answer{Better: true, Front: []int{1, 2}}, To{Force: true}, 0, "with several goals there may be no single best trial to write; run the sweep without --write, and then name a trial whose REMARK is \"front\" with --trial"},
		{"front, one of it", &Answer{Better: true, Front: []int{1, 2}}, To{Trial: &two}, 2, ""},
		{"no answer", nil, To{}, 0, "the sweep has no answer yet; run it to its end"},
	} {
		r := &Result{Trials: trials, Answer: c.answer}
		got, err := r.ToWrite(c.to)
		switch {
		case c.trial > 0 && (err != nil || got.Number != c.trial):
			t.Errorf("%s: %+v, %v", c.name, got, err)
		case c.trial == 0 && (err == nil || !strings.Contains(err.Error(), c.why)):
			t.Errorf("%s: %v, want %s", c.name, err, c.why)
		}
	}
}
