"""The merges that quality.py measures, each as the stages of a recipe.

In a method's text `x` is the adapters, in the space that the method works in; NORM becomes
", norm: inputs" or nothing, RANK the rank, and WEIGHTS ", weights: 1/n" or nothing.
"""

# Sets of experts. A name begins with its task, in which its share is counted.
SETS = {
    "three": ["python-r8", "german-r8", "french-r8"],
    "mixed": ["python-rslora", "german-r16-alpha8", "french-r8"],
    "python, german": ["python-r8", "german-r8"],
    "python, french": ["python-r8", "french-r8"],
    "german, french": ["german-r8", "french-r8"],
    "five": ["python-r8", "python-rslora", "german-r8", "german-r16-alpha8", "french-r8"],
}
RANKS = {e: 16 if "r16" in e else 8 for es in SETS.values() for e in es}
SCALES = {"python-rslora": 8 / 8 ** 0.5, "german-r16-alpha8": 0.5}  # alpha/r is 2 in the others

# name: (space, stages). A space of "factors" merges A and B apart: the rank is the inputs' own.
METHODS = {
    # What adapters do, added up.
    "sum": ("delta", "merged: {sum: xNORM}"),
    "sum, `flatten` 0.75": ("delta", "flat: {sum: xNORM}\n  merged: {flatten: flat, power: 0.75}"),
    "sum, `flatten` 0.5": ("delta", "flat: {sum: xNORM}\n  merged: {flatten: flat, power: 0.5}"),
    "sum, `flatten` 0 (Iso-C)": ("delta", "flat: {sum: xNORM}\n  merged: {flatten: flat, power: 0}"),
    "weigh, sum": ("delta", "even: {weigh: x}\n  merged: {sum: evenNORM}"),
    "weigh, sum, `flatten` 0.75": ("delta", "even: {weigh: x}\n  flat: {sum: evenNORM}\n  merged: {flatten: flat, power: 0.75}"),
    # Spheres.
    "karcher": ("delta", "merged: {karcher: xNORM}"),
    "slerp, cascade": ("delta", "merged: {slerp: xNORM}"),
    "slerp, last first": ("delta", "merged: {slerp: REVERSEDNORM}"),
    # Made for the core space.
    "tsv": ("core", "merged: {tsv: xNORM}"),
    "tsv, share 0.5": ("core", "merged: {tsv: x, share: 0.5NORM}"),
    "tsv, `flatten` 0.75": ("core", "flat: {tsv: xNORM}\n  merged: {flatten: flat, power: 0.75}"),
    "tsv, `flatten` 0": ("core", "flat: {tsv: xNORM}\n  merged: {flatten: flat, power: 0}"),
    "regress": ("core", "merged: {regress: xNORM}"),
    "regress, ridge 1": ("core", "merged: {regress: x, ridge: 1NORM}"),
    # Element by element, in each space.
    "ties, core": ("short", "merged: {ties: x, density: 0.5, space: core, rank: RANKNORM}"),
    "ties, delta": ("short", "merged: {ties: x, density: 0.5, space: delta, rank: RANKNORM}"),
    "ties like mergekit, delta": ("short", "merged: {ties: x, density: 0.5, like: mergekit, space: delta, rank: RANKNORM}"),
    "ties like ties-paper, delta": ("short", "merged: {ties: x, density: 0.5, like: ties-paper, space: delta, rank: RANKNORM}"),
    "breadcrumbs 0.9, delta": ("delta", "kept: {breadcrumbs: x, density: 0.9}\n  raw: {sum: kept}\n  merged: {rescale: raw, like: x, norm: mean-of-norms, scope: adapter, interference: 0.4}"),
    "della, delta": ("delta", "kept: {dare-drop: x, density: 0.5, epsilon: 0.15, rescale: l1}\n  voted: {elect: kept, tie: positive}\n  raw: {average: voted, over: weights}\n  merged: {rescale: raw, like: x, norm: mean-of-norms, scope: adapter, interference: 0.4}"),
    "sce 0.1, delta": ("delta", "merged: {sce: x, density: 0.1NORM}"),
    "sce 0.5, delta": ("delta", "merged: {sce: x, density: 0.5NORM}"),
    "sce, delta": ("delta", "merged: {sce: xNORM}"),
    "dare, core": ("short", "merged: {dare: x, density: 0.5, space: core, rank: RANKNORM}"),
    "dare, delta": ("short", "merged: {dare: x, density: 0.5, space: delta, rank: RANKNORM}"),
    "dare like mergekit, delta": ("short", "merged: {dare: x, density: 0.5, like: mergekit, space: delta, rank: RANKNORM}"),
    "dare-ties, core": ("short", "merged: {dare-ties: x, density: 0.5, space: core, rank: RANKNORM}"),
    "dare-ties, delta": ("short", "merged: {dare-ties: x, density: 0.5, space: delta, rank: RANKNORM}"),
    # A and B apart.
    "linear, factors": ("factors", "merged: {linear: xNORM}"),
    "linear like peft, factors": ("factors", "merged: {linear: x, like: peftNORM}"),
    "ties, factors": ("factors", "merged: {ties: x, density: 0.5NORM}"),
    "ties like peft, factors": ("factors", "merged: {ties: x, density: 0.5, like: peftNORM}"),
    "ties like article, factors": ("factors", "merged: {ties: x, density: 0.5, like: articleNORM}"),
    "dare, factors": ("factors", "merged: {dare: x, density: 0.5NORM}"),
    "dare like peft, factors": ("factors", "merged: {dare: x, density: 0.5, like: peftNORM}"),
    "dare like article, factors": ("factors", "merged: {dare: x, like: articleNORM}"),
    "dare-ties like peft, factors": ("factors", "merged: {dare-ties: x, density: 0.5, like: peftNORM}"),
    "slerp, factors": ("factors", "merged: {slerp: xNORM}"),
    "karcher, factors": ("factors", "merged: {karcher: xNORM}"),
}

# The sum, cut to as many parameters as a rank has.
BUDGET = ("budget", "merged: {sum: xNORM}")
# Experts of one task share its weight.
ONE_VOTE = ("delta", "merged: {sum: x, weights: VOTESNORM}")

# What people do today, as it stands, at weights of 1/n and of 1.
TODAY = {
    "svd": ("short", "merged: {svd: xWEIGHTS, rank: RANK}"),
    "linear like peft, factors": ("factors", "merged: {linear: x, like: peftWEIGHTS}"),
    "linear like peft, delta": ("short", "merged: {linear: x, like: peftWEIGHTS, space: delta, rank: RANK}"),
    "ties like peft, factors": ("factors", "merged: {ties: x, density: 0.5, like: peftWEIGHTS}"),
    "ties like peft, delta": ("short", "merged: {ties: x, density: 0.5, like: peftWEIGHTS, space: delta, rank: RANK}"),
    "dare like peft, factors": ("factors", "merged: {dare: x, density: 0.5, like: peftWEIGHTS}"),
    "dare like peft, delta": ("short", "merged: {dare: x, density: 0.5, like: peftWEIGHTS, space: delta, rank: RANK}"),
}
MEAN = ("delta", "merged: {average: x}")


def interference(kappa):
    """The sum as norm: inputs scales it, which takes 0.4."""
    return ("delta", f"raw: {{sum: x}}\n  merged: {{rescale: raw, like: x, norm: mean-of-norms, scope: adapter, interference: {kappa}}}")


def full_rank(experts):
    """The sum of the ranks of a set."""
    return sum(RANKS[e] for e in SETS[experts])


def names(experts):
    return [e.replace("-", "_") for e in experts]


def recipe(experts, benchmark, method, rank, variant, scale=1.0):
    """The recipe's text. variant: "inputs" for norm: inputs, "1", "1/n", or "s/n", weights that PEFT's svd amounts to."""
    space, body = method
    n = len(experts)
    lines = ["version: 1", "seed: 1", "stages:", "  loaded:", "    load:"]
    lines += [f"      {name}: {benchmark}/adapters/{e}" for name, e in zip(names(experts), experts)]
    adapters = "loaded"
    if space == "factors" and len({(RANKS[e], SCALES.get(e)) for e in experts}) > 1:
        rank_to = max(RANKS[e] for e in experts)
        lines += ["  folded: {scale: loaded, alpha: fold}", f"  padded: {{rank: folded, to: {rank_to}}}"]
        adapters = "padded"
    if space in ("delta", "core", "budget"):
        lines.append(f"  x: {{{'core' if space == 'core' else 'delta'}: loaded}}")
        adapters = "x"
    weights = {"1": "", "inputs": "", "1/n": f", weights: {1 / n!r}",
               "s/n": ", weights: {" + ", ".join(f"{m}: {SCALES.get(e, 2) / n!r}" for m, e in zip(names(experts), experts)) + "}"}
    tasks = [e.split("-")[0] for e in experts]
    votes = "{" + ", ".join(f"{m}: {1 / tasks.count(t)!r}" for m, t in zip(names(experts), tasks)) + "}"
    for token, text in {
        "VOTES": votes,
        "REVERSED": "[" + ", ".join(f"x.{m}" for m in reversed(names(experts))) + "]",
        "NORM": ", norm: inputs" if variant == "inputs" else "",
        "WEIGHTS": weights[variant],
        "RANK": str(rank),
        ": x": ": " + adapters,
    }.items():
        body = body.replace(token, text)
    lines.append("  " + body)
    last = "merged"
    if adapters == "x":
        lines.append(f"  back: {{factor: merged, {'budget' if space == 'budget' else 'rank'}: {rank}}}")
        last = "back"
    if scale != 1:
        lines.append(f"  scaled: {{scale: {last}, by: {scale!r}}}")
        last = "scaled"
    return "\n".join([*lines, f"  out: {{save: {last}, to: out}}", ""])
