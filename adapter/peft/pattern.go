package peft

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/jsonobject"
)

// Pattern is rank_pattern or alpha_pattern: numbers by module, in the file's
// order, since the first key that matches wins.
type Pattern struct {
	rules       []rule
	plain       keyIndex // of the rules by their place
	expressions []expression
}

// rule is one entry of a Pattern. PEFT matches it by
// re.match(rf"(.*\.)?({key})$", name).
type rule struct {
	key   string
	value float64
}

// expression is a rule whose key is more than a name.
type expression struct {
	rule  int
	match *regexp.Regexp
}

const (
	// letterLimit bounds the regular expressions of a pattern, before they are compiled.
	// Files that name every module of a large model have plain keys, which the index finds.
	letterLimit = 1 << 16
	// effortLimit bounds what finding all modules in a pattern may take: two seconds or so.
	effortLimit = 20_000_000
)

// UnmarshalJSON keeps the order of the keys, which a Go map would lose. A duplicate
// key is an error: Python would move the second value to the first one's place.
func (p *Pattern) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return errors.New("must be an object of numbers by module name")
	}
	seen := make(map[string]bool)
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		key := token.(string)
		var value jsonobject.Number
		if err := decoder.Decode(&value); err != nil {
			return fmt.Errorf("value of %q: %w", key, err)
		}
		if seen[key] {
			return fmt.Errorf("holds %q twice", key)
		}
		seen[key] = true
		p.rules = append(p.rules, rule{key: key, value: float64(value)})
	}
	return nil
}

// compile prepares the rules for Lookup.
func (p *Pattern) compile(path, field string) error {
	p.plain = make(keyIndex)
	letters := 0
	for i, r := range p.rules {
		if plainKey(r.key) {
			p.plain.add(unwrapped(r.key), i)
			continue
		}
		r.key = inExpressions.Replace(r.key)
		if letters += len(r.key); letters > letterLimit {
			return fault.In(path, "%s holds more than %d letters of regular expressions", field, letterLimit).Mend("write the modules' names out in full")
		}
		match, err := regexp.Compile(`^(.*\.)?(` + r.key + `)$`)
		if err != nil {
			return fault.In(path, "%s key %q is not a pattern this program can match", field, r.key).Because(err).Mend("write the modules' names out in full")
		}
		p.expressions = append(p.expressions, expression{i, match})
	}
	return nil
}

// checkEffort refuses a pattern that would take long to find all modules in: a regular
// expression takes time in proportion to its letters (https://swtch.com/~rsc/regexp/regexp1.html),
// the plain keys of one shape about as much as a few letters.
func (p *Pattern) checkEffort(path, field string, modules int) error {
	const shapeLetters = 8
	effort := shapeLetters * len(p.plain)
	for _, e := range p.expressions {
		effort += len(p.rules[e.rule].key)
	}
	if effort > effortLimit/max(modules, 1) {
		return fault.In(path, "%s holds %d expressions and names of %d shapes, too many to try for each of %d modules",
			field, len(p.expressions), len(p.plain), modules).Mend("write the modules' names out in full, or one expression for all")
	}
	return nil
}

// checkRanks refuses values that no rank can have.
func (p *Pattern) checkRanks(path string) error {
	for _, r := range p.rules {
		if r.value < 1 || r.value != math.Trunc(r.value) {
			return fault.In(path, "rank_pattern gives %q the rank %v", r.key, r.value).Mend("write the rank it was trained with")
		}
	}
	return nil
}

// Lookup gives the value of the first key that matches the module's name.
func (p *Pattern) Lookup(module string) (float64, bool) {
	first := len(p.rules)
	for i := range p.plain.matching(module) {
		first = min(first, i)
	}
	for _, e := range p.expressions {
		if e.rule < first && e.match.MatchString(module) {
			first = e.rule
		}
	}
	if first == len(p.rules) {
		return 0, false
	}
	return p.rules[first].value, true
}
