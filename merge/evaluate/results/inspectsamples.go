package results

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
)

type inspectSample struct {
	ID       json.RawMessage            `json:"id"`
	Input    json.RawMessage            `json:"input"`
	Target   json.RawMessage            `json:"target"`
	Metadata map[string]json.RawMessage `json:"metadata"`
	Scores   map[string]struct {
		Value json.RawMessage `json:"value"`
	} `json:"scores"`
}

// inspectReduction has one value a document, whatever the number of its epochs.
type inspectReduction struct {
	Scorer  string `json:"scorer"`
	Reducer string `json:"reducer"`
	Samples []struct {
		ID    json.RawMessage `json:"sample_id"`
		Value json.RawMessage `json:"value"`
	} `json:"samples"`
}

// documents are the values of a score: those of its reduction, or the mean over the epochs of
// the samples. Unscored ones, NaN, are left out.
func (l *inspectLog) documents(s inspectScore, cluster string) []Document {
	sums := make(map[string]*Document) // Weight counts epochs
	add := func(id, raw json.RawMessage) {
		value, ok := inspectValue(raw, s.Name)
		if !ok || math.IsNaN(value) {
			return
		}
		key := string(id)
		if sums[key] == nil {
			sums[key] = &Document{ID: key}
		}
		sums[key].Value += value
		sums[key].Weight++
	}
	reduced := false
	for _, r := range l.Reductions {
		if r.Scorer == s.Scorer && r.Reducer == s.Reducer && !reduced {
			reduced = true
			for _, sample := range r.Samples {
				add(sample.ID, sample.Value)
			}
		}
	}
	about := make(map[string]inspectSample)
	for _, sample := range l.Samples {
		about[string(sample.ID)] = sample
		if score, ok := sample.Scores[s.Scorer]; ok && !reduced && (s.Reducer == "" || s.Reducer == "mean") {
			add(sample.ID, score.Value)
		}
	}
	var out []Document
	for key, sum := range sums {
		d := Document{ID: key, Value: sum.Value / sum.Weight, Weight: 1}
		if sample, ok := about[key]; ok {
			hash := sha256.Sum256(append(append(append([]byte{}, sample.Input...), 0), sample.Target...))
			d.Content = hex.EncodeToString(hash[:])
			if cluster != "" {
				d.Cluster = strings.Trim(string(sample.Metadata[cluster]), `"`)
			}
		}
		out = append(out, d)
	}
	return out
}

// letters are inspect's words for scores. What is in no list counts as 0 there, but here it
// is no score.
var letters = map[string]float64{"C": 1, "P": 0.5, "I": 0, "N": 0, "yes": 1, "no": 0, "true": 1, "false": 0}

// inspectValue is a sample's value, or the one of that name in a table.
func inspectValue(raw json.RawMessage, name string) (float64, bool) {
	var table map[string]json.RawMessage
	if json.Unmarshal(raw, &table) == nil && table != nil {
		raw = table[name]
	}
	if value, ok := number(raw); ok {
		return value, true
	}
	word := text(raw)
	if value, ok := letters[word]; ok {
		return value, true
	}
	value, ok := letters[strings.ToLower(word)]
	return value, ok
}

// readArchive reads a log in inspect's own format, a zip of JSON files.
func (l *inspectLog) readArchive(path string) error {
	file, err := osfile.Open(path)
	if err != nil {
		return fault.In(path, "").Because(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fault.In(path, "").Because(err)
	}
	archive, err := zip.NewReader(file, info.Size())
	if err != nil {
		return fault.In(path, "is no archive of inspect: %v", err).Mend("evaluate again, with `--log-format json`")
	}
	left := int64(maxFile) // for all members together: a small archive can unpack to any size
	for _, member := range archive.File {
		var into any
		var sample inspectSample
		switch {
		case member.Name == "header.json":
			into = l
		case member.Name == "reductions.json":
			into = &l.Reductions
		case strings.HasPrefix(member.Name, "samples/") && strings.HasSuffix(member.Name, ".json"):
			into = &sample
		default:
			continue
		}
		data, err := unpack(member, &left)
		if errors.Is(err, zip.ErrAlgorithm) {
			return fault.In(path, "is compressed with Zstandard, which is not read here").Mend("evaluate with `--log-format json`, or convert it: `inspect log convert " + path + " --to json --output-dir DIR`")
		}
		if err != nil {
			return fault.In(path, "%s: %v", fault.Quote(member.Name), unlike(err)).Mend("evaluate again, with `--log-format json`")
		}
		if err := parse(path, data, into); err != nil {
			return err
		}
		if into == &sample {
			l.Samples = append(l.Samples, sample)
		}
	}
	return nil
}

var errTooLarge = errors.New("the archive unpacks to more than 1 GiB")

func unpack(member *zip.File, left *int64) ([]byte, error) {
	in, err := member.Open()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(in, *left+1))
	err = errors.Join(err, in.Close())
	if *left -= int64(len(data)); *left < 0 {
		return nil, errTooLarge
	}
	return data, err
}
