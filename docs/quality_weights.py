#!/usr/bin/env python3
"""Measure how far weights tell what scores would, for docs/methods.md.

    python3 docs/quality_weights.py --binary FILE [--only WORD]

Merges the three experts of the benchmark in ../shared/quality by 29 recipes, whose scores `loramerge run`
measures with this script as the evaluator, and prints the rank correlations (Spearman's) of what `loramerge
compare` says of their weights with the shares that they recover. It takes half an hour on two cores.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.abspath(__file__)
BENCHMARK = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(HERE))), "shared", "quality")
TASKS = ["python", "german", "french"]

RECIPE = """version: 1
seed: 7
stages:
  experts: {{load: {{{load}}}}}
{stages}
  out: {{save: m, to: out/{name}}}
  scores:
    evaluate: m
    experts: experts
    evaluators: {{bytes: {{run: [{python}, {script}, --score, "{{adapter}}"], inputs: [{script}]}}}}
    tasks: {{{tasks}}}
"""

DELTAS, CORES = "d: {delta: experts}", "c: {core: experts}"


def merges():
    """Yields names and stages that end in m."""
    for r in (4, 8, 12, 16, 24):
        yield f"sum-r{r}", [DELTAS, "s: {sum: d, norm: inputs}", f"m: {{factor: s, rank: {r}}}"]
    yield "mean", [DELTAS, "s: {average: d}", "m: {factor: s, rank: 24}"]
    yield "sum-as-it-stands", [DELTAS, "s: {sum: d}", "m: {factor: s, rank: 24}"]
    yield "factors-mean", ["m: {average: experts}"]
    yield "factors-sum", ["m: {sum: experts}"]
    for density in (0.1, 0.2, 0.5, 0.8):
        yield f"ties-{density}", [f"m: {{ties: experts, density: {density}, space: delta, rank: 24}}"]
        yield f"ties-{density}-norm", [f"m: {{ties: experts, density: {density}, space: delta, rank: 24, norm: inputs}}"]
    for density in (0.3, 0.6, 0.9):
        yield f"dare-{density}", [f"m: {{dare: experts, density: {density}, space: delta, rank: 24, norm: inputs}}"]
    for verb in ("tsv", "regress"):
        yield verb, [CORES, f"s: {{{verb}: c, norm: inputs}}", "m: {factor: s, rank: 24}"]
    yield "karcher", [DELTAS, "s: {karcher: d, norm: inputs}", "m: {factor: s, rank: 24}"]
    for power in (0.5, 0.75):
        yield f"flatten-{power}", [CORES, "s: {sum: c, norm: inputs}", f"f: {{flatten: s, power: {power}}}", "m: {factor: f, rank: 24}"]
    for i, weights in enumerate([(2, 1, 1), (1, 2, 1), (1, 1, 2), (1, 0.2, 1)]):
        table = ", ".join(f"{task}: {w}" for task, w in zip(TASKS, weights))
        yield f"weights-{i}", [DELTAS, f"s: {{sum: d, weights: {{{table}}}, norm: inputs}}", "m: {factor: s, rank: 24}"]


def score(adapter):
    sys.path.insert(0, BENCHMARK)
    import evaluate
    evaluate.fast_blas()
    config, weights = evaluate.load_base()
    model = evaluate.Model(config, weights, evaluate.deltas(adapter, {k: v.shape for k, v in weights.items()}))
    context, out, samples = config["context"], {}, {}
    for task, (windows, bits) in evaluate.measure(model, TASKS).items():
        out[task] = {"bpb": float(bits.mean() / context)}
        samples[task] = {"bpb": {str(i): float(b / context) for i, b in zip(windows, bits)}}
    print(json.dumps({**out, "samples": samples}))


def ranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    out = [0.0] * len(values)
    for i in order:
        same = [k for k, j in enumerate(order) if values[j] == values[i]]
        out[i] = sum(same) / len(same)
    return out


def spearman(x, y):
    a, b = ranks(x), ranks(y)
    middle = (len(a) - 1) / 2
    return sum((p - middle) * (q - middle) for p, q in zip(a, b)) / (
        sum((p - middle) ** 2 for p in a) * sum((q - middle) ** 2 for q in b)) ** 0.5


def correlations(found, what):
    print(f"{len(found)} merges {what}")
    shares = {"mean": [m["scores"]["mean"]["value"] for m in found], "worst": [m["scores"]["worst"]["value"] for m in found]}
    mean = lambda x: sum(x) / len(x)  # noqa: E731
    for figure in ("strength", "alignment", "signs_opposite"):
        for name, of in (("mean", mean), ("worst", max if figure == "signs_opposite" else min)):
            values = [of([k[figure] for k in m["weights"]["adapters"]]) for m in found]
            if figure == "signs_opposite":
                values = [-v for v in values]
            print(f"  {name:5} {figure:14} with the {name:5} share: {spearman(values, shares[name]):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="loramerge")
    parser.add_argument("--only", default="", help="merges whose name contains this")
    parser.add_argument("--score", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.score:
        return score(options.score)
    binary = os.path.abspath(options.binary) if os.path.sep in options.binary else options.binary
    with tempfile.TemporaryDirectory() as work:
        names = []
        for name, stages in merges():
            if options.only not in name:
                continue
            names.append(name + ".yaml")
            with open(os.path.join(work, names[-1]), "w") as f:
                f.write(RECIPE.format(
                    name=name, python=json.dumps(sys.executable), script=json.dumps(HERE), stages="\n".join("  " + s for s in stages),
                    load=", ".join(f"{t}: {BENCHMARK}/adapters/{t}-r8" for t in TASKS),
                    tasks=", ".join(f"{t}: {{evaluator: bytes, metric: bpb, direction: minimize, expert: {t}}}" for t in TASKS)))
            subprocess.run([binary, "run", "--quiet", "--allow-exec", names[-1]], cwd=work, check=True)
        found = json.loads(subprocess.run([binary, "compare", "--json", *names], cwd=work, check=True, stdout=subprocess.PIPE).stdout)["merges"]
    for m in sorted(found, key=lambda m: -m["scores"]["mean"]["value"]):
        print(f"{m['name']:24} mean {m['scores']['mean']['value']:6.3f}  worst {m['scores']['worst']['value']:6.3f}  norm {m['weights']['norm']:5.1f}")
    correlations(found, "in all")
    correlations([m for m in found if 14 <= m["weights"]["norm"] <= 20], "of norms from 14 to 20")


if __name__ == "__main__":
    main()
