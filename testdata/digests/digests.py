#!/usr/bin/env python3
"""Computes the digests that TestKnownDigests expects, by their definition (package merge/plan,
doc.go), without loramerge's code:

    python3 testdata/digests/digests.py > testdata/digests/digests.txt
"""
import hashlib, json, pathlib, struct

ADAPTERS = pathlib.Path(__file__).parent.parent / "adapters"


def text(*parts):
    return b"".join(struct.pack("<Q", len(p.encode())) + p.encode() for p in parts)


def joined(*digests):
    return struct.pack("<Q", len(digests)) + b"".join(digests)


def digest(kind, *rest):
    return hashlib.sha256(text("loramerge", "2", kind) + b"".join(rest)).digest()


def sha256(path):
    return hashlib.sha256((ADAPTERS / path).read_bytes()).digest()


def file(adapter):
    return text("file", adapter) + joined(sha256(f"{adapter}/adapter_model.safetensors"), sha256(f"{adapter}/adapter_config.json"))


def flows(slot, digest, adapter=""):
    return text("input", str(slot), adapter) + joined(digest)


# Whole stages: verb, version, matrix kernels, forms, key; parameters; inputs; files.
both = digest("result", text("load", "1", "", ">f", ""), file("python"), file("sql"))
trimmed = digest("result", text("trim", "1", "", "f>f", ""), text("parameter", "density", "0.5"), flows(0, both))
merged = digest("result", text("average", "1", "", "f>f", ""), text("parameter", "weights", "[2, 1]"), flows(0, trimmed))
drop = digest("result", text("dare-drop", "1", "", "f>f", '7 "python"'), text("parameter", "density", "0.5"), flows(0, both, "python"))
delta = digest("result", text("delta", "1", "", "f>p", ""), flows(0, both))
total = digest("result", text("sum", "1", "KERNELS", "p>p", ""), flows(0, delta))
saved = digest("result", text("save", "2", "", "f>f", ""), flows(0, merged))

canonical = """version: 1
seed: 7
stages:
  both: {load: {python: "python", sql: "sql"}}
  merged: {average: trimmed, weights: {python: 2, sql: 1}}
  out: {save: merged, to: "out"}
  trimmed: {trim: both, density: 0.5}
"""
output = digest("output", text("out", canonical), joined(saved))
plan = digest("plan", joined(output))

# One module: a tensor's bytes, dtype, shape and scale; then stage by stage.
MODULE = "model.layers.0.self_attn.q_proj"


def leaf(adapter):
    data = (ADAPTERS / adapter / "adapter_model.safetensors").read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    config = json.loads((ADAPTERS / adapter / "adapter_config.json").read_text())
    parts = []
    for matrix in "AB":
        t = header[f"base_model.model.{MODULE}.lora_{matrix}.weight"]
        begin, end = (8 + length + at for at in t["data_offsets"])
        parts.append(text(t["dtype"], str(len(t["shape"])), *map(str, t["shape"])) + joined(hashlib.sha256(data[begin:end]).digest()))
    return digest("leaf", text("linear", "%g" % (config["lora_alpha"] / config["r"])), *parts)


trimmed_here = digest("tensor", text("trim", "1", "", "f>f", ""), text(MODULE, "{density: [0.5, 0.5]}"), joined(leaf("python"), leaf("sql")))
parts = [digest("part", joined(trimmed_here), text(str(i))) for i in range(2)]
merged_here = digest("tensor", text("average", "1", "", "f>f", ""), text(MODULE, "{weights: [2, 1]}"), joined(*parts))

# Scores: of an adapter by its two files, by a command with what it reads, on documents.
adapter = digest("adapter", joined(sha256("sql/adapter_model.safetensors"), sha256("sql/adapter_config.json")))
evaluator = digest("evaluator", text("3", "score", "{adapter}", "{samples}"), text("1", "SIZE", "small"), text("json", "3"),
                   text("python/adapter_config.json", "."), joined(sha256("python/adapter_config.json")))
method = digest("method", joined(evaluator), text("SQL", "loss"))
score_test, score_select, score_chosen = (digest("score", joined(adapter, method), text(split)) for split in ("10-29", "0-9", "0-2,5,8-9"))

for what in ("both", "trimmed", "merged", "drop", "delta", "total", "saved", "output", "plan", "trimmed_here", "merged_here",
             "score_test", "score_select", "score_chosen"):
    print(what, globals()[what].hex())
