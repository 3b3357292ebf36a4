package evaluate

import (
	"strings"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// Join is the score of all documents of several scores of one adapter and task, of which no two have a
// document in common, as where a search sees more and more documents. One score is itself, if it could be
// joined with others. Its errors are Faults without a place: scores without documents, and what was not
// measured under one condition.
func Join(parts ...*Score) (*Score, error) {
	if len(parts) == 1 {
		_, err := results.Join(&parts[0].Measurement)
		return parts[0], err
	}
	d := digest.Describe("joined")
	var splits []string
	var measurements []*results.Measurement
	for _, s := range parts {
		if why := unlike(parts[0], s); why != "" {
			return nil, fault.New("the documents of a trial were not measured under one condition (%s)", why).
				Mend("change `version` in the evaluator's part of the recipe, or add it: then all scores are measured anew")
		}
		d.Digests(s.Digest)
		splits, measurements = append(splits, s.Split), append(measurements, &s.Measurement)
	}
	joined, err := results.Join(measurements...)
	if err != nil {
		return nil, err
	}
	return &Score{Digest: d.Sum(), Method: parts[0].Method, Metric: parts[0].Metric, Split: strings.Join(splits, ","), Measurement: *joined}, nil
}
