// Package search chooses the points of a sweep: which values its variables have in each trial.
// It knows the axes and the goals of the trials so far, and nothing of plans or scores.
//
// Everything follows from the axes, the seed and those goals, so that a search goes on after a
// stop, or on another machine, as it would have gone on. A sweep with a larger max-trials begins
// with the points of the smaller one, where the search is not guided.
//
// search.go has the front door. space.go maps the axes to the unit cube and back, grid.go
// enumerates, draw.go draws at random and by Halton's sequence, cmaes.go is the guided search,
// and halving.go shares documents out among trials.
package search
