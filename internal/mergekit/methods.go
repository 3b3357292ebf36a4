package mergekit

import (
	"maps"
	"slices"
)

// methods write the stages between the deltas and what is saved. Their defaults are
// those of mergekit's registry of merge methods.
var methods = map[string]func(*writer){
	"linear":           (*writer).linear,
	"slerp":            (*writer).slerp,
	"nuslerp":          (*writer).nuslerp,
	"karcher":          (*writer).karcher,
	"task_arithmetic":  func(w *writer) { w.taskVectors(sparsity{}, false, false) },
	"ties":             func(w *writer) { w.taskVectors(sparsity{stage: "trimmed", verb: "trim"}, true, true) },
	"breadcrumbs":      func(w *writer) { w.taskVectors(outliers, false, false) },
	"breadcrumbs_ties": func(w *writer) { w.taskVectors(outliers, true, false) },
	"della":            func(w *writer) { w.taskVectors(byMagnitude, true, true) },
	"della_linear":     func(w *writer) { w.taskVectors(byMagnitude, false, false) },
	"dare_linear":      func(w *writer) { w.taskVectors(byChance, false, false) },
	"dare_ties":        func(w *writer) { w.taskVectors(byChance, true, false) },
	"sce":              (*writer).sce,
}

func methodNames() []string { return slices.Sorted(maps.Keys(methods)) }

// linear is Σwᵢ·Wᵢ, divided by Σwᵢ unless normalize is false.
func (w *writer) linear() {
	weights := w.perAdapter("weight", nil)
	if w.truth("normalize", true) {
		w.stage("combined", "average", "deltas", "weights: "+weights, "missing: zero")
		return
	}
	w.note(w.config.root, "without normalize mergekit multiplies the base model by the sum of the weights too; the recipe does not").
		Mend("make the weights sum to 1, or use task_arithmetic")
	w.stage("combined", "sum", "deltas", "weights: "+weights, "missing: zero")
}

// slerp walks from the base model to the other one.
func (w *writer) slerp() {
	models := w.config.models
	if len(models) != 2 {
		w.mistake(w.config.root, "slerp takes two models, and there are %d", len(models)).Mend("name two, or use karcher, which takes any number")
		return
	}
	inputs := []string{"deltas." + models[0].name, "deltas." + models[1].name}
	switch w.config.base {
	case models[0].reference:
	case models[1].reference:
		slices.Reverse(inputs)
	default:
		w.mistake(w.config.root, "base_model is neither of the two models").Mend("name the model where t = 0")
		return
	}
	w.config.base = "" // an adapter
	t := w.parameter("t", nil, nil)
	w.noteWhole()
	w.stage("combined", "slerp", "["+inputs[0]+", "+inputs[1]+"]", "t: "+t.text(), "like: mergekit", "missing: zero")
}

func (w *writer) noteWhole() {
	w.note(w.config.root, "mergekit interpolates the whole weights W₀ + ΔW, whose angle is almost 0; the recipe interpolates ΔW")
}

// nuslerp walks from the first model to the second by t = w₂/(w₁+w₂); with a base model it
// turns what they change, as the recipe does.
func (w *writer) nuslerp() {
	if n := len(w.config.models); n != 2 {
		w.mistake(w.config.root, "nuslerp takes two models in addition to the base model, and there are %d", n).Mend("name two, or use karcher, which takes any number")
		return
	}
	parameters := []string{"weights: " + w.perAdapter("weight", nil)}
	flat, byColumn := w.truth("nuslerp_flatten", true), w.truth("nuslerp_row_wise", false)
	switch {
	case !flat && byColumn:
		w.mistake(w.config.root, "slerp by columns is not supported").Mend("leave out nuslerp_row_wise")
		return
	case !flat:
		parameters = append(parameters, "scope: row")
	}
	if !w.config.named {
		w.noteWhole()
	}
	w.stage("combined", "slerp", "deltas", append(parameters, "missing: zero")...)
}

// karcher is the spherical mean of all models, which count alike.
func (w *writer) karcher() {
	w.used["max_iter"], w.used["tol"] = true, true // bounds that the exact mean has no use for
	w.noteWhole()
	if w.config.named {
		w.note(w.config.root, "mergekit includes the base model in the mean; the recipe does not")
	}
	w.stage("combined", "karcher", "deltas", "missing: zero")
}

// sce takes weights from the tensors.
func (w *writer) sce() {
	density := w.parameter("select_topk", nil, gradient{1})
	w.stage("combined", "sce", "deltas", "density: "+density.text(), "missing: zero")
}

// sparsity is the step that thins the task vectors out; none if it has no verb.
type sparsity struct{ stage, verb string }

// norm is what the tensors' norm is brought back to.
func (sparsity) norm(rescales bool) string {
	if rescales {
		return "l1"
	}
	return "none"
}

var (
	byChance = sparsity{stage: "dropped", verb: "dare-drop"}
	outliers = sparsity{stage: "thinned", verb: "breadcrumbs"}
	// byMagnitude is byChance with an epsilon: DELLA.
	byMagnitude = sparsity{stage: "pruned", verb: "dare-drop"}
)

// taskVectors is mergekit's generalized task arithmetic: sparsify, elect signs by the
// weighted sum, where a vote of 0 counts as +, and add up.
func (w *writer) taskVectors(s sparsity, elects, normalizes bool) {
	from := "deltas"
	random := s.verb == byChance.verb
	rescales := w.truth("rescale", random)
	if s.verb != "" {
		parameters := []string{"density: " + w.perAdapter("density", gradient{1})}
		if random {
			parameters = append(parameters, "rescale: "+s.norm(rescales))
		} else if rescales {
			w.note(w.config.root, "rescale is not carried over: %s does not restore norms", s.verb)
		}
		switch s {
		case outliers:
			parameters = append(parameters, "gamma: "+w.perAdapter("gamma", gradient{0.01}))
		case byMagnitude:
			parameters = append(parameters, "epsilon: "+w.perAdapter("epsilon", gradient{0.15}))
		}
		w.stage(s.stage, s.verb, from, parameters...)
		from = s.stage
	}
	weights := "weights: " + w.perAdapter("weight", nil)
	if elects {
		w.stage("elected", "elect", from, weights, "tie: positive", "missing: zero")
		from = "elected"
	}
	switch normalizes = w.truth("normalize", normalizes); {
	case normalizes && elects:
		w.stage("combined", "average", from, weights, "over: weights", "missing: zero")
	case normalizes:
		w.stage("combined", "average", from, weights, "missing: zero")
	default:
		w.stage("combined", "sum", from, weights, "missing: zero")
	}
	if _, scales := w.config.parameters["lambda"]; scales {
		w.stage("scaled", "scale", "combined", "by: "+w.parameter("lambda", nil, gradient{1}).text())
	}
}
