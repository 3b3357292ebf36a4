#!/usr/bin/env python3
"""Measure what adapters do on quantized weights, for docs/quality.md.

    python3 docs/quality_quantized.py --binary FILE

Takes the three experts of the benchmark in ../shared/quality, which were trained on its full weights, and their merge by
{sum: deltas, norm: inputs} at the sum of the ranks. Each is put beside quantized weights, W_q + dW, and into the weights
before they are quantized, Q(W + dW). Prints the rows of the page's table. It takes a quarter of an hour on two cores.

Quantized are the projections, as bitsandbytes and GGUF do it in their simplest forms, by round-to-nearest:
int8    blocks of 32, scale max|w|/127 (llama.cpp's Q8_0)
NF4     blocks of 64, scale max|w|, the 16 levels of QLoRA (Dettmers et al., arXiv:2305.14314, appendix E)
int4    blocks of 32, 16 levels from -8 to 7 times the extreme weight/-8 (llama.cpp's Q4_0)
int3    the same with 8 levels
"""

import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BENCHMARK = os.path.join(os.path.dirname(os.path.dirname(HERE)), "shared", "quality")
TASKS = ["python", "german", "french"]
BYTES = 32 << 10

NF4 = [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0,
       0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0]

RECIPE = """version: 1
stages:
  experts: {{load: {{{load}}}}}
  deltas: {{delta: experts}}
  merged: {{sum: deltas, norm: inputs}}
  back: {{factor: merged, rank: 24}}
  out: {{save: back, to: out, dtype: float32}}
"""


def quantizers(np):
    def blocks(w, size):
        return w.astype(np.float32).reshape(-1, size)

    def uniform(w, size, most):
        """Levels from -most-1 to most, the extreme weight of a block on the outermost one."""
        b = blocks(w, size)
        extreme = np.take_along_axis(b, np.abs(b).argmax(1)[:, None], 1)
        scale = extreme / np.float32(-most - 1)
        steps = np.divide(b, scale, out=np.zeros_like(b), where=scale != 0)
        return (np.clip(np.rint(steps), -most - 1, most) * scale).reshape(w.shape)

    def int8(w):
        b = blocks(w, 32)
        scale = np.abs(b).max(1, keepdims=True) / np.float32(127)
        return (np.rint(np.divide(b, scale, out=np.zeros_like(b), where=scale != 0)) * scale).reshape(w.shape)

    def nf4(w):
        levels, b = np.array(NF4, np.float32), blocks(w, 64)
        scale = np.abs(b).max(1, keepdims=True)
        unit = np.divide(b, scale, out=np.zeros_like(b), where=scale != 0)
        nearest = np.searchsorted((levels[1:] + levels[:-1]) / 2, unit)
        return (levels[nearest] * scale).reshape(w.shape)

    return {"as it is": lambda w: w, "8 bits": int8, "NF4": nf4, "4 bits": lambda w: uniform(w, 32, 7), "3 bits": lambda w: uniform(w, 32, 3)}


def merge(binary, folder):
    load = ", ".join(f"{task}: {BENCHMARK}/adapters/{task}-r8" for task in TASKS)
    with open(f"{folder}/merge.yaml", "w") as f:
        f.write(RECIPE.format(load=load))
    subprocess.run([os.path.abspath(binary), "run", "--quiet", "--cache", "off", "merge.yaml"], cwd=folder, check=True)
    return f"{folder}/out"


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--binary", required=True, help="the loramerge to merge with")
    a = ap.parse_args()
    sys.path.insert(0, BENCHMARK)
    import evaluate
    evaluate.fast_blas()
    import numpy as np

    config, full = evaluate.load_base()
    shapes = {k: v.shape for k, v in full.items()}

    def bits(weights, delta, tasks):
        measured = evaluate.measure(evaluate.Model(config, weights, delta), tasks, "eval", BYTES)
        return {task: b.mean() / config["context"] for task, (_, b) in measured.items()}

    with tempfile.TemporaryDirectory() as folder:
        merged = evaluate.deltas(merge(a.binary, folder), shapes)
    experts = {task: evaluate.deltas(f"{BENCHMARK}/adapters/{task}-r8", shapes) for task in TASKS}
    base = bits(full, None, TASKS)
    gain = {task: base[task] - bits(full, experts[task], [task])[task] for task in TASKS}

    def share(got):
        shares = [(base[task] - got[task]) / gain[task] for task in TASKS]
        return " / ".join(f"{round(float(x), 3) + 0.0:.3f}" for x in (np.mean(shares), min(shares)))

    def projections(change):
        return {k: change(k, w) if k.endswith("_proj.weight") else w for k, w in full.items()}

    for name, quantize in quantizers(np).items():
        beside = projections(lambda _, w: quantize(w))

        def inside(delta):
            return projections(lambda k, w: quantize(w + delta.get(k.removesuffix(".weight"), 0)))

        cells = [bits(beside, None, TASKS),
                 {task: bits(beside, experts[task], [task])[task] for task in TASKS},
                 {task: bits(inside(experts[task]), None, [task])[task] for task in TASKS},
                 bits(beside, merged, TASKS), bits(inside(merged), None, TASKS)]
        print(f"| {name} | " + " | ".join(share(c) for c in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
