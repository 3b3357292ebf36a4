//go:build !race

package lowrank

const raceDetector = false
