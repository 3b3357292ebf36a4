//go:build race

package safetensors

// raceDetector makes the tests of huge headers, which have nothing to race,
// take minutes.
const raceDetector = true
