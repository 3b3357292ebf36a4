package adapter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
)

// Pattern is rank_pattern or alpha_pattern: numbers by module, in the file's
// order, since the first key that matches wins.
type Pattern struct {
	rules []rule
}

type rule struct {
	key   string
	value float64
	match *regexp.Regexp
}

// UnmarshalJSON keeps the order of the keys, which a Go map would lose.
func (p *Pattern) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return fmt.Errorf("a pattern must be an object of numbers by module name")
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var value float64
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		p.rules = append(p.rules, rule{key: name.(string), value: value})
	}
	return nil
}

// compile prepares the rules as PEFT matches them: re.match(rf"(.*\.)?({key})$", name).
// It passes on an earlier error, so that calls chain.
func (p *Pattern) compile(path, field string, earlier error) error {
	if earlier != nil {
		return earlier
	}
	for i := range p.rules {
		match, err := regexp.Compile(`^(.*\.)?(` + p.rules[i].key + `)$`)
		if err != nil {
			return &Problem{Path: path, Reason: fmt.Sprintf("%s key %q is not a pattern this program can match", field, p.rules[i].key), Cause: err,
				Remedy: "write the modules' names out in full"}
		}
		if v := p.rules[i].value; math.IsNaN(v) || math.IsInf(v, 0) {
			return problemf(path, "", "%s value of %q is not a finite number", field, p.rules[i].key)
		}
		p.rules[i].match = match
	}
	return nil
}

// Lookup gives the value of the first key that matches the module's name.
func (p *Pattern) Lookup(module string) (float64, bool) {
	for _, r := range p.rules {
		if r.match.MatchString(module) {
			return r.value, true
		}
	}
	return 0, false
}
