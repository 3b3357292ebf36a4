package kernels

import "testing"

func TestMistakesPanic(t *testing.T) {
	two, three := make([]float32, 2), make([]float32, 3)
	pair, mixed := [][]float32{two, two}, [][]float32{two, three}
	bytes := make([]byte, 7)
	for name, call := range map[string]func(){
		"DecodeBF16":        func() { DecodeBF16(three, bytes) },
		"DecodeF16":         func() { DecodeF16(three, bytes) },
		"DecodeF32":         func() { DecodeF32(two, bytes) },
		"DecodeF64":         func() { DecodeF64(two, bytes) },
		"EncodeBF16":        func() { EncodeBF16(bytes, three) },
		"EncodeF16":         func() { EncodeF16(bytes, three) },
		"EncodeF32":         func() { EncodeF32(bytes, two) },
		"EncodeF64":         func() { EncodeF64(bytes, two) },
		"Scale":             func() { Scale(two, three, 1) },
		"AddScaled":         func() { AddScaled(three, two, 1) },
		"Divide":            func() { Divide(two, three, 1) },
		"Combine":           func() { Combine(two, mixed, two) },
		"Combine weights":   func() { Combine(two, pair, three) },
		"Combine nothing":   func() { Combine(two, nil, nil) },
		"Trim":              func() { Trim(two, three, 1) },
		"VotesFrequency":    func() { VotesFrequency(three, pair) },
		"Agree":             func() { Agree(two, two, three) },
		"Unanimous":         func() { Unanimous(mixed, pair) },
		"Unanimous inputs":  func() { Unanimous(pair, mixed) },
		"MeanAgreeing":      func() { MeanAgreeing(three, pair, two) },
		"MeanWeights":       func() { MeanWeights(two, pair, three) },
		"Ties thresholds":   func() { Ties(two, pair, TiesRule{three, two, two, TieDrop, OverAll, 1}) },
		"Ties votes":        func() { Ties(two, pair, TiesRule{two, three, two, TieDrop, OverAll, 1}) },
		"Ties tie":          func() { Ties(two, pair, TiesRule{two, two, two, 3, OverAll, 1}) },
		"Ties over":         func() { Ties(two, pair, TiesRule{two, two, two, TieDrop, 3, 1}) },
		"Mask":              func() { Mask(two, two, make([]uint32, 3), 1, 1) },
		"Dot":               func() { Dot(two, three) },
		"KthMagnitude 0":    func() { KthMagnitude(two, 0) },
		"KthMagnitude 3":    func() { KthMagnitude(two, 3) },
		"Magnitudes.Select": func() { new(Magnitudes).Select(1) },
	} {
		mustPanic(t, name, call)
	}
}
