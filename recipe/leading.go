package recipe

import "slices"

// Leading is the recipe cut down to the named stages and those that lead to them, in the
// order of the file. Names of no stage are passed over.
func (r *Recipe) Leading(stages ...string) *Recipe {
	byName := make(map[string]*Stage, len(r.Stages))
	for _, s := range r.Stages {
		byName[s.Name] = s
	}
	needed := make(map[string]bool)
	for next := slices.Clone(stages); len(next) > 0; {
		name := next[len(next)-1]
		next = next[:len(next)-1]
		s := byName[name]
		if s == nil || needed[name] {
			continue
		}
		needed[name] = true
		for _, ref := range s.References() {
			next = append(next, ref.Stage)
		}
	}
	out := *r
	out.Stages = slices.DeleteFunc(slices.Clone(r.Stages), func(s *Stage) bool { return !needed[s.Name] })
	return &out
}

// References are all stages of the recipe that this one reads: its inputs, and what its
// parameters name.
func (s *Stage) References() []Reference {
	if s.Params == nil {
		return s.Inputs
	}
	return slices.Concat(append([][]Reference{s.Inputs}, s.Params.References()...)...)
}
