// Package relate finds out how adapters relate before they are merged: in which spaces they can
// be, how similar what they do is, which of them a plain sum would drown, and which modules
// only some have.
//
// With ΔW = s·B·A over all modules as one vector, an adapter's missing modules as zeros, the
// figures are exact but for the signs, which are counted on a sample ([SampleSide]). Beside each
// figure is what unrelated adapters of the same shapes and ranks have:
//
//   - Cosine. Of ΔWᵢ, ΔWⱼ [m, n] at a module whose directions are independent and uniform, E⟨ΔWᵢ, U·ΔWⱼ·Vᵀ⟩² over random
//     orthogonal U and V is ‖ΔWᵢ‖²·‖ΔWⱼ‖²/(m·n): the cosine has mean 0 and this standard deviation.
//   - Overlap of two subspaces of dimensions r and k of d dimensions: the mean of cos²θ over their min(r, k) principal
//     angles (Björck and Golub, 1973), ‖QᵀR‖²/min(r, k) for orthonormal bases Q and R. The projection P onto a
//     uniformly distributed subspace has E P = (r/d)·I, since it commutes with every rotation and has the trace r.
//     So E‖QᵀR‖² = E tr(QQᵀ·P) = r·k/d, and the overlap has the mean max(r, k)/d.
//   - Signs. Half of the elements of two unrelated ΔW have opposite signs; among n, one raises and another lowers an
//     element with the probability 1 − 2^(1−n).
//   - Alignment with the plain sum: 1/√n for n unrelated adapters of one size.
//
// Package draft writes what is found here into the recipe that it drafts.
package relate
