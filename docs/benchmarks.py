#!/usr/bin/env python3
"""Time the same merges in eager torch, tensor by tensor, as articles write them.

    go run ./internal/testgen -shape mistral-7b -rank 16 -count 8 -dtype bf16 -o DIR
    python3 docs/benchmarks.py DIR

It needs torch and nothing else: a safetensors file is a length, a JSON header and the
tensors' bytes. For each merge it prints the median seconds of reading, merging and
writing, of five runs after one to warm up. Compare them with `go test -bench` on the
same machine: see docs/benchmarks.md.
"""

import glob
import json
import os
import statistics
import sys
import time

started = time.perf_counter()
try:
    import torch
except ImportError:
    sys.exit("torch is not installed here; pip install torch, and run this again")

loaded = time.perf_counter() - started

DTYPES = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}


def load(path):
    data = torch.from_file(path, size=os.path.getsize(path), dtype=torch.uint8)
    start = 8 + int.from_bytes(bytes(data[:8].tolist()), "little")
    header = json.loads(bytes(data[8:start].tolist()))
    header.pop("__metadata__", None)
    tensors = {}
    for name, t in header.items():
        begin, end = t["data_offsets"]
        raw = data[start + begin : start + end].clone()
        tensors[name] = raw.view(DTYPES[t["dtype"]]).reshape(t["shape"])
    return tensors


def save(path, tensors):
    header, at = {}, 0
    names = {dtype: name for name, dtype in DTYPES.items()}
    for name, t in tensors.items():
        size = t.numel() * t.element_size()
        header[name] = {"dtype": names[t.dtype], "shape": list(t.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text)
        for t in tensors.values():
            f.write(t.contiguous().view(torch.uint8).numpy().tobytes())


def ties(xs, density=0.5):
    """Trim by topk, elect the sign of the sum, average over all (arXiv:2306.01708)."""
    trimmed = []
    for x in xs:
        k = int(density * x.numel())
        threshold = torch.topk(x.abs().flatten(), k).values[-1]
        trimmed.append(torch.where(x.abs() >= threshold, x, torch.zeros_like(x)))
    stacked = torch.stack(trimmed)
    sign = torch.sign(stacked.sum(dim=0))
    return torch.where(torch.sign(stacked) == sign, stacked, torch.zeros_like(stacked)).mean(dim=0)


def dare(xs, density=0.5):
    """Drop at random, rescale by 1/density, average (arXiv:2311.03099)."""
    return torch.stack([x * torch.bernoulli(torch.full_like(x, density)) / density for x in xs]).mean(dim=0)


def slerp(xs):
    """A cascade: newcomer i joins with t = 1/(i+1)."""
    out = xs[0]
    for i, x in enumerate(xs[1:], start=1):
        t = 1 / (i + 1)
        cosine = torch.dot(out.flatten(), x.flatten()) / (out.norm() * x.norm())
        angle = torch.acos(cosine.clamp(-1, 1))
        out = (torch.sin((1 - t) * angle) * out + torch.sin(t * angle) * x) / torch.sin(angle)
    return out


def run(paths, merge, into):
    adapters = [load(path) for path in paths]
    merged = {}
    for name, first in adapters[0].items():
        merged[name] = merge([a[name].float() for a in adapters]).to(first.dtype)
    save(into, merged)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    paths = sorted(glob.glob(sys.argv[1] + "/*/adapter_model.safetensors"))
    if len(paths) < 2:
        sys.exit(f"{sys.argv[1]} holds fewer than two adapters")
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {len(paths)} adapters; loaded in {loaded:.2f} s")
    for merge in (ties, dare, slerp):
        seconds = []
        for _ in range(6):
            start = time.perf_counter()
            run(paths, merge, sys.argv[1] + "/torch.safetensors")
            seconds.append(time.perf_counter() - start)
        print(f"{merge.__name__:6} {statistics.median(seconds[1:]):.2f} s")


if __name__ == "__main__":
    main()
