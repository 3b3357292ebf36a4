package stages

import "github.com/loramerge/loramerge/recipe"

// All is the one table of verbs, in the order of the help: sources first, then what
// works on each adapter, what works on all, what makes one, shorthands, sinks.
var All = withDefaults([]*Kind{
	loadKind,
	selectKind,
	scaleKind,
	rankKind,
	deltaKind,
	coreKind,
	weighKind,
	factorKind,
	trimKind,
	breadcrumbsKind,
	electKind,
	dareDropKind,
	averageKind,
	sumKind,
	slerpKind,
	karcherKind,
	concatKind,
	tsvKind,
	regressKind,
	sceKind,
	flattenKind,
	rescaleKind,
	linearKind,
	tiesKind,
	dareKind,
	dareTiesKind,
	svdKind,
	saveKind,
	evaluateKind,
})

// Verbs are the declarations of the table.
func Verbs() []*recipe.Verb {
	verbs := make([]*recipe.Verb, len(All))
	for i, kind := range All {
		verbs[i] = &kind.Verb
	}
	return verbs
}

// Find looks a verb up by its name.
func Find(name string) (*Kind, bool) {
	for _, kind := range All {
		if kind.Name == name {
			return kind, true
		}
	}
	return nil, false
}
