package adapter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
)

// Pattern is rank_pattern or alpha_pattern: numbers by module, in the file's
// order, since the first key that matches wins.
type Pattern struct {
	rules []rule
}

// rule is one entry of a Pattern. PEFT matches it by
// re.match(rf"(.*\.)?({key})$", name).
type rule struct {
	key   string
	value float64
	match *regexp.Regexp // nil for a key of plain characters
}

// regexLimit bounds the keys that are true regular expressions. Files that name every
// module of a large model have plain keys, which cost a hundredth of the time.
const regexLimit = 1000

// UnmarshalJSON keeps the order of the keys, which a Go map would lose. A key must not
// stand twice: Python would move the second value to the first one's place.
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
		var value number
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
	expressions := 0
	for i := range p.rules {
		r := &p.rules[i]
		if err := r.compile(); err != nil {
			return &Problem{Path: path, Reason: fmt.Sprintf("%s key %q is not a pattern this program can match", field, r.key), Cause: err,
				Remedy: "write the modules' names out in full"}
		}
		if r.match != nil {
			expressions++
		}
		if expressions > regexLimit {
			return problemf(path, "write the modules' names out in full", "%s holds more than %d regular expressions", field, regexLimit)
		}
	}
	return nil
}

func (r *rule) compile() (err error) {
	if !plainKey(r.key) {
		r.match, err = regexp.Compile(`^(.*\.)?(` + r.key + `)$`)
	}
	return err
}

// plainKey tells whether a key's only special character is the dot.
func plainKey(key string) bool {
	return !strings.ContainsFunc(key, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-", c))
	})
}

// matches does for a plain key what its regular expression would: its dots stand for
// any character, and it begins the name or follows a dot.
func (r *rule) matches(module string) bool {
	if r.match != nil {
		return r.match.MatchString(module)
	}
	start := len(module) - len(r.key)
	if start < 0 || start > 0 && module[start-1] != '.' {
		return false
	}
	for i := range len(r.key) {
		if r.key[i] != module[start+i] && r.key[i] != '.' {
			return false
		}
	}
	return true
}

// checkRanks refuses values that no rank can have.
func (p *Pattern) checkRanks(path string) error {
	for _, r := range p.rules {
		if r.value < 1 || r.value != math.Trunc(r.value) {
			return problemf(path, "write the rank it was trained with", "rank_pattern gives %q the rank %v", r.key, r.value)
		}
	}
	return nil
}

// Lookup gives the value of the first key that matches the module's name.
func (p *Pattern) Lookup(module string) (float64, bool) {
	for i := range p.rules {
		if p.rules[i].matches(module) {
			return p.rules[i].value, true
		}
	}
	return 0, false
}
