package peft

import "encoding/json"

// NameList is a JSON list of names, one string (a regular expression, or
// "all-linear"), or null.
type NameList struct {
	Names []string
	Regex string
}

// UnmarshalJSON accepts the three shapes PEFT writes.
func (l *NameList) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &l.Regex)
	}
	return json.Unmarshal(data, &l.Names)
}
