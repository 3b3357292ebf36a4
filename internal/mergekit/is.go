package mergekit

import "regexp"

// Is tells whether a YAML file is a configuration of mergekit: each has its method at
// the top level, and none has stages, as recipes have.
func Is(source []byte) bool { return method.Match(source) && !stages.Match(source) }

var (
	method = regexp.MustCompile(`(?m)^["']?merge_method["']?[ \t]*:`)
	stages = regexp.MustCompile(`(?m)^["']?stages["']?[ \t]*:`)
)
