//go:build race

package lowrank

// raceDetector makes long searches, in which nothing more can race than in short ones,
// take minutes.
const raceDetector = true
