//go:build amd64 && !noasm

package kernels

import "golang.org/x/sys/cpu"

//go:generate go -C asm run .

var avx2 = class{
	name: "amd64-avx2",

	decodeBF16: decodeBF16AVX2, decodeF16: decodeF16AVX2, decodeF32: decodeF32AVX2, decodeF64: decodeF64AVX2,
	encodeBF16: encodeBF16AVX2, encodeF16: encodeF16AVX2, encodeF32: encodeF32AVX2, encodeF64: encodeF64AVX2,

	maxMagnitude: maxMagnitudeAVX2,

	scale: scaleAVX2, addScaled: addScaledAVX2, divide: divideAVX2, trim: trimAVX2,
	combine: combineAVX2,

	addSigns: addSignsAVX2, signTotal: signTotalAVX2, breakTies: breakTiesAVX2, agree: agreeAVX2,
	addNonzero: addNonzeroAVX2, quotient: quotientAVX2, elect: electAVX2,

	mask: maskAVX2, chance: chanceAVX2, countBin: countBinAVX2, within: withinAVX2,

	sumAbs: sumAbsAVX2, dot: dotAVX2,
}

func fastest() class {
	if cpu.X86.HasAVX2 && cpu.X86.HasF16C {
		return avx2
	}
	return portable
}
