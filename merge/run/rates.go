package run

import (
	"math"

	"github.com/loramerge/loramerge/stages"
)

// Rates are what work took in earlier runs on this machine, by its class, beside what it takes by
// the figures of package stages; Whole is that of whole runs, on so many cores as they had.
type Rates struct {
	Classes map[string]Pace `json:"classes"`
	Whole   Pace            `json:"whole"`
}

// Pace compares two times of the same work, in nanoseconds.
type Pace struct {
	Expected float64 `json:"expected"`
	Took     float64 `json:"took"`
}

// factor is how much longer work takes than was expected. The figures count as one more run, a
// short one: of tiny adapters everything but the start is lost in it, and says little about
// large ones.
func (p Pace) factor() (float64, bool) {
	if p.Expected < leastWork || p.Took <= 0 {
		return 1, false
	}
	return (p.Took + figures) / (p.Expected + figures), true
}

func (p Pace) plus(other Pace, weight float64) Pace {
	return Pace{p.Expected*weight + other.Expected, p.Took*weight + other.Took}
}

const (
	leastWork = 1e6 // nanoseconds that say something about a machine
	forgotten = 0.5 // of what is known, with every run
	figures   = 1e8 // nanoseconds by which the figures of package stages count as a run
)

// Known reports whether there is an earlier run to go by.
func (r Rates) Known() bool {
	_, known := r.Whole.factor()
	return known
}

// Sound reports whether the figures can be what runs have shown.
func (r Rates) Sound() bool {
	sound := func(p Pace) bool {
		return p.Expected >= 0 && p.Took >= 0 && !math.IsInf(p.Expected, 0) && !math.IsInf(p.Took, 0)
	}
	for _, p := range r.Classes {
		if !sound(p) {
			return false
		}
	}
	return sound(r.Whole)
}

// With are the rates after another run, which counts most.
func (r Rates) With(found Rates) Rates {
	out := Rates{Classes: make(map[string]Pace), Whole: r.Whole.plus(found.Whole, forgotten)}
	for _, class := range stages.Classes() {
		name := class.String()
		if sum := r.Classes[name].plus(found.Classes[name], forgotten); sum != (Pace{}) {
			out.Classes[name] = sum
		}
	}
	return out
}

// Calibrated is effort in nanoseconds of one core of this machine. Of a class that no run has
// had, it goes by how fast the machine is at all others together.
func (r Rates) Calibrated(e stages.Effort) float64 {
	var all Pace
	for _, p := range r.Classes {
		all = all.plus(p, 1)
	}
	machine, _ := all.factor()
	sum := 0.0
	for _, class := range stages.Classes() {
		factor, known := r.Classes[class.String()].factor()
		if !known {
			factor = machine
		}
		sum += e[class] * factor
	}
	return sum
}

// Elapsed is how long a whole run takes that needs so many nanoseconds of one core, on several.
func (r Rates) Elapsed(work float64, jobs int) float64 {
	factor, _ := r.Whole.factor()
	return work / float64(jobs) * factor
}
