package search

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// cmaes is the CMA evolution strategy, which draws generations from a normal distribution and
// moves it towards what was best: Hansen, The CMA evolution strategy: a tutorial (2016),
// arXiv:1604.00772, with the Cholesky factor of the covariance instead of its root, as in Krause,
// Arbonès and Igel, CMA-ES with optimal covariance update (2016). It works in the unit cube, outside
// of which the goal is taken to be mirrored.
type cmaes struct {
	random *rand.Rand

	mean  []float64
	sigma float64     // step size
	cov   [][]float64 // of the steps, in units of sigma
	chol  [][]float64 // lower triangular: cov = chol·cholᵀ
	pc    []float64   // evolution path of the covariance
	ps    []float64   // evolution path of the step size
	told  int         // generations

	steps [][]float64 // of the generation that was drawn last, in units of sigma
}

// firstSpread is the standard deviation of the first generation in every direction: the middle
// of a range is far from neither end.
const firstSpread = 0.3

func newCMAES(start []float64, random *rand.Rand) *cmaes {
	dim := len(start)
	c := &cmaes{random: random, mean: slices.Clone(start), sigma: firstSpread, cov: square(dim), pc: make([]float64, dim), ps: make([]float64, dim)}
	for i := range dim {
		c.cov[i][i] = 1
	}
	c.chol = cholesky(c.cov)
	return c
}

// population is how many points a generation has, λ = 4 + ⌊3·ln n⌋.
func population(dim int) int { return 4 + int(3*math.Log(float64(dim))) }

// draw gives a generation of points of the unit cube.
func (c *cmaes) draw() [][]float64 {
	c.steps = nil
	var out [][]float64
	for range population(len(c.mean)) {
		z := make([]float64, len(c.mean))
		for i := range z {
			z[i] = c.random.NormFloat64()
		}
		step, x := make([]float64, len(z)), make([]float64, len(z))
		for i := range z {
			step[i] = dot(c.chol[i][:i+1], z)
			x[i] = mirrored(c.mean[i] + float64(c.sigma*step[i]))
		}
		c.steps, out = append(c.steps, step), append(out, x)
	}
	return out
}

// mirrored folds a coordinate into the unit interval.
func mirrored(x float64) float64 {
	x = math.Mod(math.Abs(x), 2)
	return min(x, 2-x)
}

// tell moves the distribution by the goals of the generation that was drawn last: larger is
// better, NaN is worst, and of equal ones the first is better.
func (c *cmaes) tell(goals []float64) {
	order := make([]int, len(goals))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(goals[j], goals[i]) }) // NaN is the least
	n, count := float64(len(c.mean)), len(goals)/2
	weights, effective := recombination(count)
	cs := (effective + 2) / (n + effective + 5)
	cc := (4 + effective/n) / (n + 4 + 2*effective/n)
	c1 := 2 / ((n+1.3)*(n+1.3) + effective)
	cmu := min(1-c1, 2*(effective-2+1/effective)/((n+2)*(n+2)+effective))
	damping := 1 + 2*max(0, math.Sqrt((effective-1)/(n+1))-1) + cs
	length := math.Sqrt(n) * (1 - 1/(4*n) + 1/(21*n*n)) // of a vector of n standard normals

	step := make([]float64, len(c.mean))
	for k, w := range weights {
		add(step, w, c.steps[order[k]])
	}
	add(c.mean, c.sigma, step)
	c.told++

	// ps ← (1 − cs)·ps + √(cs(2 − cs)µ)·chol⁻¹·step
	scale(c.ps, 1-cs)
	add(c.ps, math.Sqrt(cs*(2-cs)*effective), solve(c.chol, step))
	walked := math.Sqrt(dot(c.ps, c.ps))
	// A long path makes the step size grow, and must not make the covariance grow too.
	steady := 1.0
	if walked/math.Sqrt(1-math.Pow(1-cs, 2*float64(c.told))) >= (1.4+2/(n+1))*length {
		steady = 0
	}
	scale(c.pc, 1-cc)
	add(c.pc, steady*math.Sqrt(cc*(2-cc)*effective), step)
	kept := 1 - c1 - cmu + float64(c1*(1-steady)*cc*(2-cc))
	for i := range c.cov {
		scale(c.cov[i], kept)
		add(c.cov[i], c1*c.pc[i], c.pc)
		for k, w := range weights {
			y := c.steps[order[k]]
			add(c.cov[i], float64(cmu*w)*y[i], y)
		}
	}
	c.chol = cholesky(c.cov)
	c.sigma = min(1, c.sigma*math.Exp(cs/damping*(walked/length-1)))
}

// converged reports whether new points differ from each other only beyond the digits of a range.
func (c *cmaes) converged() bool {
	for i := range c.cov {
		if c.sigma*math.Sqrt(c.cov[i][i]) > 1e-4 {
			return false
		}
	}
	return true
}

// recombination gives the weights of the best half of a generation, and of how many equal weights
// their sum has the variance.
func recombination(count int) (weights []float64, effective float64) {
	sum, squares := 0.0, 0.0
	for k := range count {
		w := math.Log(float64(count)+0.5) - math.Log(float64(k+1))
		weights, sum = append(weights, w), sum+w
	}
	for k := range weights {
		weights[k] /= sum
		squares += float64(weights[k] * weights[k])
	}
	return weights, 1 / squares
}
