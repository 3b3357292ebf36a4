#!/usr/bin/env python3
"""Measure what each method of merging is worth, for docs/quality.md and docs/methods.md.

    python3 docs/quality.py [--cache DIR] [--bytes N] [--binary FILE] [--only WORD]

It needs Go, numpy, and the benchmark in ../shared/quality beside this repository: a small language
model, experts and held-out text. Every merge is made by a recipe of loramerge, in a temporary folder.
What a recipe made is kept in DIR as the hash of its ΔW, and what a text costs under it by that
hash, so that an interrupted run goes on where it stopped, and only what has changed is measured anew. --only measures the
methods whose name contains WORD, and writes no page.

It takes an hour on two quiet cores. If numpy has a slow BLAS, see ../shared/quality/README.md; on recent Intel
processors OPENBLAS_CORETYPE=SkylakeX can make an old OpenBLAS three times as fast.
"""

import argparse
import functools
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BENCHMARK = os.path.join(os.path.dirname(ROOT), "shared", "quality")
sys.path.insert(0, BENCHMARK)
sys.dont_write_bytecode = True  # neither there nor here
try:
    import evaluate
except ImportError as e:
    sys.exit(f"the benchmark in {BENCHMARK} can't be used: {e}")
if __name__ == "__main__":
    evaluate.fast_blas()
import numpy as np  # noqa: E402

import quality_methods as methods  # noqa: E402
import quality_page as page  # noqa: E402

TASKS = ["python", "german", "french"]
DEV_BYTES = 4096
STEP = 2 ** 0.25  # between the scales that are tried on the dev text


class Bench:
    """Merges by recipes, and measures what comes out."""

    def __init__(self, binary, cache, nbytes):
        self.binary, self.cache, self.nbytes = binary, cache, nbytes
        self.config, self.weights = evaluate.load_base()
        self.shapes = {k: v.shape for k, v in self.weights.items()}
        with open(binary, "rb") as f:
            self.program = hashlib.sha256(f.read()).digest()
        self.work = tempfile.mkdtemp(prefix="loramerge-quality-")
        os.makedirs(cache, exist_ok=True)

    def close(self):
        shutil.rmtree(self.work)

    def merge(self, recipe):
        """The folder that a recipe's text saves."""
        path = os.path.join(self.work, "recipe.yaml")
        shutil.rmtree(self.work)
        os.mkdir(self.work)
        with open(path, "w") as f:
            f.write(recipe)
        ran = subprocess.run([self.binary, "run", "--cache", "off", "--quiet", path], capture_output=True, text=True)
        if ran.returncode:
            raise SystemExit(f"{recipe}\n{ran.stderr}")
        return os.path.join(self.work, "out")

    def norm(self, experts, method, variant="1"):
        """‖ΔW‖ of a merge at the sum of the ranks, over all modules."""
        rank = sum(methods.RANKS[e] for e in experts)
        deltas = evaluate.deltas(self.merge(methods.recipe(experts, BENCHMARK, method, rank, variant)), self.shapes)
        return math.sqrt(sum(float(np.sum(np.square(d, dtype=np.float64))) for d in deltas.values()))

    def bits(self, recipe, tasks, split, nbytes):
        """{task: bits of each window of its text} under what a recipe saves, from the cache where it is known."""
        made = os.path.join(self.cache, hashlib.sha256(self.program + recipe.encode()).hexdigest()[:40] + ".merge")
        if os.path.exists(made):
            with open(made) as f:
                digest, deltas = f.read(), None
        else:
            deltas = evaluate.deltas(self.merge(recipe), self.shapes)
            digest = digest_of(deltas)
            write(made, digest)
        found, model = {}, None
        for task in tasks:
            path = os.path.join(self.cache, f"{digest}-{split}-{task}-{nbytes}.json")
            if not os.path.exists(path):
                deltas = deltas or evaluate.deltas(self.merge(recipe), self.shapes)
                model = model or evaluate.Model(self.config, self.weights, deltas)
                _, bits = evaluate.measure(model, [task], split, nbytes)[task]
                write(path, json.dumps([round(float(b), 4) for b in bits]))
            with open(path) as f:
                found[task] = np.array(json.load(f))
        return found


def digest_of(deltas):
    h = hashlib.sha256()
    for module in sorted(deltas):
        h.update(module.encode() + b"\0" + deltas[module].tobytes())
    return h.hexdigest()[:40]


def write(path, text):
    """Whole or not at all."""
    with open(path + ".tmp", "w") as f:
        f.write(text)
    os.replace(path + ".tmp", path)


class Scores:
    """What one adapter recovers of each task's gain. Windows of text are the sample; experts are not."""

    reference = {split: evaluate.reference(split) for split in ("dev", "eval")}

    def __init__(self, bits, split="eval"):
        self.bits, self.gain, self.own, self.forgotten = {}, {}, {}, None
        for task, b in bits.items():
            base = np.array(self.reference[split]["base"][task])
            pick = evaluate.chosen(len(base), len(b) * 256, 256)
            if task == "base":
                self.forgotten = float((b - base[pick]).mean() / 256)
                continue
            self.bits[task] = b
            self.gain[task] = base[pick] - np.array(self.reference[split]["expert"][task])[pick]
            self.own[task] = base[pick] - b
        self.share = {t: float(self.own[t].sum() / self.gain[t].sum()) for t in self.own}
        self.mean, self.worst = float(np.mean(list(self.share.values()))), min(self.share.values())
        self.error = ratio_error(self.own, self.gain)

    def less(self, other, resamples=10000):
        """The paired difference self − other: mean, its standard error, worst, and its 95 % bootstrap interval."""
        d = {t: self.own[t] - other.own[t] for t in self.own}
        shares = []
        for i, t in enumerate(self.own):  # the same windows of both
            count = resample(len(self.own[t]), resamples, i)
            shares.append((count @ np.stack([self.own[t], other.own[t]], 1)) / (count @ self.gain[t])[:, None])
        worst = np.min(shares, axis=0)
        between = np.percentile(worst[:, 0] - worst[:, 1], [2.5, 97.5])
        return self.mean - other.mean, ratio_error(d, self.gain), self.worst - other.worst, between


@functools.cache
def resample(n, times, seed):
    """How often each of n windows is drawn, in each of `times` draws of n: [times, n]."""
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=times).astype(float)


def ratio_error(own, gain):
    """The standard error of the mean over tasks of Σown/Σgain, by linearisation."""
    errors = []
    for t in own:
        r = own[t].sum() / gain[t].sum()
        errors.append(math.sqrt(len(own[t])) * np.std(own[t] - r * gain[t]) / abs(gain[t].sum()))
    return float(np.sqrt(np.sum(np.square(errors))) / len(errors))


def tasks_of(experts):
    return [t for t in TASKS if any(e.startswith(t) for e in experts)]


def measure(bench, experts, method, rank, variant, scale, nbytes):
    """Scores on the eval text of one method's merge; with all the text, what is forgotten of the base's, too."""
    recipe = methods.recipe(experts, BENCHMARK, method, rank, variant, scale)
    tasks = tasks_of(experts) + ["base"] * (nbytes == bench.nbytes)
    return Scores(bench.bits(recipe, tasks, "eval", nbytes))


def best_scale(bench, experts, method, rank):
    """The multiple of `norm: inputs` that recovers most on average on the dev text, in steps of STEP."""
    known = {}

    def at(k):
        if k not in known:
            recipe = methods.recipe(experts, BENCHMARK, method, rank, "inputs", STEP ** k)
            known[k] = Scores(bench.bits(recipe, tasks_of(experts), "dev", DEV_BYTES), "dev").mean
        return known[k]

    k = 0
    while max(at(k - 1), at(k + 1)) > at(k):
        k += 1 if at(k + 1) > at(k - 1) else -1
    return STEP ** k


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cache", default=os.path.expanduser("~/.cache/loramerge-quality"))
    ap.add_argument("--bytes", type=int, default=32768, help="of eval text a task")
    ap.add_argument("--binary", help="loramerge, instead of building it")
    ap.add_argument("--only", default="", help="measure the methods whose name contains this, and write no page")
    ap.add_argument("--set", default="three", choices=methods.SETS, help="of experts, with --only")
    a = ap.parse_args()
    built = tempfile.mkdtemp()
    binary = a.binary or os.path.join(built, "loramerge")
    if not a.binary:
        subprocess.run(["go", "build", "-o", binary, "./cmd/loramerge"], cwd=ROOT, check=True)
    bench = Bench(binary, a.cache, a.bytes)
    try:
        if a.only:
            for name, method in methods.METHODS.items():
                if a.only in name:
                    s = measure(bench, methods.SETS[a.set], method, methods.full_rank(a.set), "inputs", 1, bench.nbytes)
                    print(f"{name:40} {s.mean:.3f} ± {s.error:.3f}  worst {s.worst:.3f}  English {s.forgotten:+.3f}", flush=True)
            return
        page.write(ROOT, bench, sys.modules[__name__])
    finally:
        bench.close()
        shutil.rmtree(built)


if __name__ == "__main__":
    main()
