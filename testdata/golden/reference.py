#!/usr/bin/env python3
"""Known answers for the merges in this folder, computed in float64.

    python3 reference.py

rewrites inputs/ and expected.safetensors of every case. It needs Python 3.8 or
later and nothing else, and is deliberately naive: one loop for one formula, no
line and no file shared with the program that it judges. README.md names the source
of every formula. The recipes and case.json are written by hand.

A tensor is a pair (shape, values): a list of dimensions, and a flat list of
floats in row-major order. An adapter is a dict of tensors by name.
"""

import json
import math
import pathlib
import random
import struct

HERE = pathlib.Path(__file__).resolve().parent

# Each module's name, and the dimensions of its layer: (out, in).
MODULES = {
    "model.layers.0.self_attn.q_proj": (10, 12),
    "model.layers.1.mlp.down_proj": (6, 8),
}
RANK, ALPHA = 4, 8

WEIGHTS = [0.6, 0.3, 0.1]

# Of the cases like peft and mergekit: one adapter is subtracted. Sums of multiples of
# these are exact in float32, so that a tie is a tie in any precision.
SIGNED = [0.75, -0.5, 0.25]

# Of the adapters of one case: scales of 2, 4 and 1.
ALPHAS = {"ties-like-peft": [8, 16, 4]}


# ---- the format: https://github.com/huggingface/safetensors#format ----


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", name
        begin, end = entry["data_offsets"]
        raw = data[8 + length + begin : 8 + length + end]
        tensors[name] = (entry["shape"], list(struct.unpack("<%df" % (len(raw) // 4), raw)))
    return tensors


def write_safetensors(path, tensors):
    """Writes float32, each value rounded once, to nearest even."""
    header, body = {"__metadata__": {"format": "pt"}}, b""
    for name, (shape, values) in tensors.items():
        raw = struct.pack("<%df" % len(values), *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


# ---- inputs ----


def made_up(rng, value):
    """An adapter whose values are drawn by value(rng)."""
    adapter = {}
    for module, (rows, cols) in MODULES.items():
        for half, shape in (("lora_A", [RANK, cols]), ("lora_B", [rows, RANK])):
            values = [value(rng) for _ in range(shape[0] * shape[1])]
            adapter["base_model.model.%s.%s.weight" % (module, half)] = (shape, values)
    return adapter


def smooth(rng):
    return rng.gauss(0, 0.1)


def coarse(rng):
    """A multiple of 1/64 in few steps: zeros, equal magnitudes and exact ties abound."""
    return round(rng.gauss(0, 4)) / 64


def write_adapter(folder, adapter, alpha):
    folder.mkdir(parents=True, exist_ok=True)
    write_safetensors(folder / "adapter_model.safetensors", adapter)
    config = {
        "base_model_name_or_path": "golden/base",
        "bias": "none",
        "lora_alpha": alpha,
        "peft_type": "LORA",
        "r": RANK,
        "target_modules": ["q_proj", "down_proj"],
        "task_type": "CAUSAL_LM",
    }
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")


# ---- steps, on flat lists of values ----


def sign(x):
    return (x > 0) - (x < 0)


def norm(x):
    return math.sqrt(math.fsum(v * v for v in x))


def trim(x, density):
    """The k = floor(density*n) largest magnitudes stay, and all equal to the k-th."""
    k = math.floor(density * len(x))
    assert k > 0, "no case keeps nothing"
    threshold = sorted(map(abs, x), reverse=True)[k - 1]
    return [v if abs(v) >= threshold else 0.0 for v in x]


def elect(xs, majority):
    """Values against the sign of their sum become 0. Where the sum is 0, all do, or
    the sign that most sums of the tensor have counts."""
    votes = [sign(math.fsum(column)) for column in zip(*xs)]
    if majority:
        votes = [vote or sign(sum(votes)) for vote in votes]
    return [[v if sign(v) == vote else 0.0 for v, vote in zip(x, votes)] for x in xs]


def unanimous(xs):
    """Values stay only where all have the same sign."""
    kept = [len(set(map(sign, column))) == 1 for column in zip(*xs)]
    return [[v if keep else 0.0 for v, keep in zip(x, kept)] for x in xs]


def weighted_sum(xs, weights):
    return [math.fsum(w * v for w, v in zip(weights, column)) for column in zip(*xs)]


def disjoint_mean(xs, weights, divisor):
    """The weighted sum by divisor(weights of the values that are not 0)."""
    out = []
    for column in zip(*xs):
        kept = [(w, v) for w, v in zip(weights, column) if v != 0]
        below = divisor([w for w, _ in kept])
        out.append(math.fsum(w * v for w, v in kept) / below if below else 0.0)
    return out


def slerp(x, y, t):
    norms = norm(x) * norm(y)
    a, b = 1 - t, t
    if norms > 0:
        theta = math.acos(max(-1, min(1, math.fsum(v * w for v, w in zip(x, y)) / norms)))
        if 1e-4 <= theta <= math.pi - 1e-4:
            a, b = math.sin((1 - t) * theta) / math.sin(theta), math.sin(t * theta) / math.sin(theta)
    return [a * v + b * w for v, w in zip(x, y)]


def rows(shape, x):
    return [x[i * shape[1] : (i + 1) * shape[1]] for i in range(shape[0])]


# ---- merges: a list of adapters to one ----


def by_tensor(adapters, merge):
    """merge(shape, xs) gives the values of one tensor from those of all adapters."""
    return {
        name: (shape, merge(shape, [a[name][1] for a in adapters]))
        for name, (shape, _) in adapters[0].items()
    }


def ties_agreeing(adapters):
    def merge(_, xs):
        return disjoint_mean(elect([trim(x, 0.5) for x in xs], majority=False), WEIGHTS, divisor=len)

    return by_tensor(adapters, merge)


def ties_weights(adapters):
    def merge(_, xs):
        return disjoint_mean(elect([trim(x, 0.3) for x in xs], majority=True), WEIGHTS, divisor=math.fsum)

    return by_tensor(adapters, merge)


def ties_like_peft(adapters):
    """A vote of 0 counts as +. sign(w*s)*sqrt|w*s| stands on A, sqrt|w*s| on B, and the sum
    is divided by the number of values left."""
    factors = [w * alpha / RANK for w, alpha in zip(SIGNED, ALPHAS["ties-like-peft"])]
    out = {}
    for name, (shape, _) in adapters[0].items():
        trimmed = [trim(a[name][1], 0.5) for a in adapters]
        elected = [sign(math.fsum(column)) or 1 for column in zip(*trimmed)]
        values = []
        for vote, column in zip(elected, zip(*trimmed)):
            left = [(f, v) for f, v in zip(factors, column) if sign(v) == vote]
            turn = (lambda f: sign(f)) if "lora_A" in name else (lambda f: 1)
            total = math.fsum(turn(f) * math.sqrt(abs(f)) * v for f, v in left)
            values.append(total / max(len(left), 1))
        out[name] = (shape, values)
    return out


def ties_like_mergekit(adapters):
    """The weighted values vote and are compared, a vote of 0 counts as +, and the sum is
    divided by the weights of those that agree."""

    def merge(_, xs):
        out = []
        for column in zip(*[[w * v for v in trim(x, 0.5)] for w, x in zip(SIGNED, xs)]):
            vote = sign(math.fsum(column)) or 1
            left = [(w, v) for w, v in zip(SIGNED, column) if sign(v) == vote]
            below = math.fsum(w for w, _ in left)
            out.append(math.fsum(v for _, v in left) / (below or 1))
        return out

    return by_tensor(adapters, merge)


def sce(adapters):
    """Half of the elements with a variance stay, energies are weights, signs are elected."""

    def merge(_, xs):
        columns = list(zip(*xs))
        means = [math.fsum(column) / len(xs) for column in columns]
        spread = [math.fsum((v - m) ** 2 for v in column) / len(xs) for column, m in zip(columns, means)]
        widest = sorted((v for v in spread if v), reverse=True)
        least = widest[len(widest) // 2 - 1]
        columns = [column if v >= least else [0.0] * len(xs) for column, v in zip(columns, spread)]
        weights = [math.fsum(v * v for v in x) for x in zip(*columns)]
        out = []
        for column in columns:
            vote = sign(math.fsum(column)) or 1
            left = [(w, v) for w, v in zip(weights, column) if sign(v) == vote]
            out.append(math.fsum(w * v for w, v in left) / (math.fsum(w for w, _ in left) or 1))
        return out

    return by_tensor(adapters, merge)


def slerp_pair(adapters):
    return by_tensor(adapters, lambda _, xs: slerp(xs[0], xs[1], 0.35))


def slerp_rows(adapters):
    def merge(shape, xs):
        return [v for x, y in zip(rows(shape, xs[0]), rows(shape, xs[1])) for v in slerp(x, y, 0.35)]

    return by_tensor(adapters, merge)


def sum_weights(adapters):
    return by_tensor(adapters, lambda _, xs: weighted_sum(xs, [1, -0.5, 2.25]))


def dare_disagreement(adapters):
    def merge(_, xs):
        left = weighted_sum(unanimous(xs), WEIGHTS)
        # The weights sum to 1, so that this is the weighted mean.
        reference = norm(weighted_sum(xs, WEIGHTS))
        return [v * reference / norm(left) for v in left] if norm(left) > 1e-6 else left

    return by_tensor(adapters, merge)


def trim_adapter(adapters):
    """The threshold is taken over all tensors of an adapter together: as one tensor
    that they make up, cut apart again."""
    trimmed = []
    for adapter in adapters:
        values = iter(trim([v for _, x in adapter.values() for v in x], 0.3))
        trimmed.append({name: (shape, [next(values) for _ in x]) for name, (shape, x) in adapter.items()})
    return by_tensor(trimmed, lambda _, xs: weighted_sum(xs, [0.5, 0.5]))


# ---- what adapters do: a list of adapters to one set of deltas ----


def delta(adapter, module):
    """s*B*A, row by row."""
    (rank, columns), a = adapter["base_model.model.%s.lora_A.weight" % module]
    (height, _), b = adapter["base_model.model.%s.lora_B.weight" % module]
    return [
        ALPHA / RANK * math.fsum(b[i * rank + k] * a[k * columns + j] for k in range(rank))
        for i in range(height)
        for j in range(columns)
    ]


def deltas(adapters):
    """Of each adapter, the delta of each module."""
    return [{module: delta(adapter, module) for module in MODULES} for adapter in adapters]


def as_tensors(merged):
    return {"base_model.model.%s.delta" % m: (list(MODULES[m]), x) for m, x in merged.items()}


def sized(merged, inputs, weights, kappa, modules):
    """What merged is multiplied by: from the norms over the modules given, R*c/|merged|,
    where R is the mean of the inputs' norms and c = min(1, sqrt(T)/(1 + kappa*(T-1)))."""

    def over(d):
        return norm([v for m in modules for v in d[m]])

    sizes = [abs(w) * over(d) for w, d in zip(weights, inputs)]
    total = {m: weighted_sum([d[m] for d in inputs], weights) for m in modules}
    t = max(1, sum(sizes) ** 2 / over(total) ** 2)
    c = min(1, math.sqrt(t) / (1 + kappa * (t - 1)))
    return sum(sizes) / sum(map(abs, weights)) * c / over(merged)


def norm_inputs(adapters):
    inputs, weights = deltas(adapters), [1, 0.5, 2]
    merged = {m: weighted_sum([d[m] for d in inputs], weights) for m in MODULES}
    factor = sized(merged, inputs, weights, 0.4, MODULES)
    return as_tensors({m: [factor * v for v in x] for m, x in merged.items()})


def mean_of_norms(adapters):
    """Elected deltas, each module brought to the mean norm of what went in."""
    inputs, merged = deltas(adapters), {}
    for m in MODULES:
        left = elect([d[m] for d in inputs], majority=False)
        merged[m] = disjoint_mean(left, [1, 1, 1], divisor=len)
    return as_tensors({m: [sized(merged, inputs, WEIGHTS, 0, [m]) * v for v in x] for m, x in merged.items()})


# ---- inputs that reach the rules' edges ----


def unalike(adapters):
    """Norms ten times apart, and two adapters that share half of what they do."""
    for name, (shape, x) in list(adapters[0].items()):
        if "lora_B" in name:
            adapters[0][name] = (shape, [10 * v for v in x])
        if "down_proj" in name:
            adapters[2][name] = adapters[1][name]


def opposed(adapters):
    """In one tensor two adapters disagree everywhere, so that nothing is left."""
    name = list(adapters[0])[-1]
    shape, x = adapters[0][name]
    adapters[1][name] = (shape, [-v for v in x])


def special_rows(adapters):
    """In one tensor a row of zeros, a parallel row and an opposite one."""
    name = list(adapters[0])[0]
    shape, x = adapters[0][name]
    y, n = adapters[1][name][1], shape[1]
    y[:n] = [0.0] * n
    y[n : 2 * n] = [2 * v for v in x[n : 2 * n]]
    y[2 * n : 3 * n] = [-v for v in x[2 * n : 3 * n]]


def unchanged(adapters):
    pass


# Of each case: the merge, how many adapters, their values, and a change to them.
CASES = {
    "ties-agreeing": (ties_agreeing, 3, coarse, unchanged),
    "ties-weights": (ties_weights, 3, coarse, unchanged),
    "ties-like-peft": (ties_like_peft, 3, coarse, unchanged),
    "ties-like-mergekit": (ties_like_mergekit, 3, coarse, unchanged),
    "sce": (sce, 4, coarse, unchanged),
    "slerp-pair": (slerp_pair, 2, smooth, unchanged),
    "slerp-rows": (slerp_rows, 2, smooth, special_rows),
    "sum-weights": (sum_weights, 3, smooth, unchanged),
    "dare-disagreement": (dare_disagreement, 3, coarse, opposed),
    "trim-adapter": (trim_adapter, 2, coarse, unchanged),
    "norm-inputs": (norm_inputs, 3, smooth, unalike),
    "mean-of-norms": (mean_of_norms, 3, smooth, unalike),
}


def main():
    for case, (merge, count, value, change) in CASES.items():
        rng = random.Random(case)
        adapters = [made_up(rng, value) for _ in range(count)]
        change(adapters)
        folders = [HERE / case / "inputs" / name for name in "abcd"[:count]]
        for folder, adapter, alpha in zip(folders, adapters, ALPHAS.get(case, [ALPHA] * count)):
            write_adapter(folder, adapter, alpha)
        # Read back what float32 made of the values.
        read = [read_safetensors(folder / "adapter_model.safetensors") for folder in folders]
        write_safetensors(HERE / case / "expected.safetensors", merge(read))


if __name__ == "__main__":
    main()
