package stages

import "encoding/json"

// Recorder is a Survey whose findings at a module cost enough to be kept between runs.
type Recorder interface {
	Survey
	// Record is what was found at a module; false where that is not worth keeping.
	Record(module string) (findings []byte, ok bool)
	// Replay takes what Record gave instead of Observe. It is false if these are
	// no such findings, and Observe must be called after all.
	Replay(module string, findings []byte) bool
}

// foundSpectrum is a spectrum as it is recorded, of one adapter.
type foundSpectrum struct {
	Adapter int       `json:"adapter"` // its place among those that flow in
	Values  []float64 `json:"values"`
	Norm    float64   `json:"norm"`
	Energy  float64   `json:"energy"`
}

// Record gives the spectra of all adapters at a module.
func (s *spectrumSurvey) Record(module string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []foundSpectrum
	for i, name := range s.factor.In[0].Names() {
		found, ok := s.spectra[place{name, module}]
		if found.err != nil {
			return nil, false
		}
		if ok {
			all = append(all, foundSpectrum{i, found.values, found.norm, found.energy})
		}
	}
	text, err := json.Marshal(all)
	return text, err == nil
}

// Replay takes the spectra of all adapters at a module.
func (s *spectrumSurvey) Replay(module string, findings []byte) bool {
	var all []foundSpectrum
	if err := json.Unmarshal(findings, &all); err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, found := range all {
		if found.Adapter < 0 || found.Adapter >= len(s.factor.In[0].Members) {
			return false
		}
		s.spectra[place{s.factor.In[0].Members[found.Adapter].Name, module}] = spectrum{values: found.Values, norm: found.Norm, energy: found.Energy}
	}
	return true
}
