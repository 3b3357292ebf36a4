"""The tables that quality.py writes into docs/quality.md and docs/methods.md."""

import os
import re
import sys

import quality_methods as methods
from quality_chart import chart

RECOMMENDED = "sum"
OTHERS = ["sum, `flatten` 0.75", "weigh, sum", "weigh, sum, `flatten` 0.75", "karcher", "slerp, cascade",
          "slerp, last first", "tsv", "tsv, `flatten` 0.75"]  # measured on every set


def share(s):
    return [f"{s.mean:.3f} ± {s.error:.3f}", f"{s.worst:.3f}"]


def short(s):
    return f"{s.mean:.3f} / {s.worst:.3f}"


def table(heads, rows):
    """Columns of numbers are set to the right."""
    return "\n".join(["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1), *("| " + " | ".join(r) + " |" for r in rows)]) + "\n"


def difference(a, b):
    mean, error, worst, (low, high) = a.less(b)
    return [f"{mean:+.3f} ± {error:.3f}", f"{worst:+.3f}", f"{low:+.3f} … {high:+.3f}"]


class Page:
    def __init__(self, bench, quality):
        self.bench, self.quality = bench, quality

    def score(self, experts, method, rank=None, variant="inputs", scale=1.0, nbytes=None):
        rank = rank or methods.full_rank(experts)
        nbytes = nbytes or self.bench.nbytes // {"three": 1, "mixed": 2}.get(experts, 4)
        found = self.quality.measure(self.bench, methods.SETS[experts], method, rank, variant, scale, nbytes)
        print(f"{experts}, rank {rank}, {variant}, × {scale:.2f}: {method[1]!r}: {short(found)}", file=sys.stderr, flush=True)
        return found

    def untuned(self, experts="three"):
        """{name: scores} at the sum of the ranks with norm: inputs, best first."""
        found = {n: self.score(experts, m) for n, m in methods.METHODS.items()}
        return dict(sorted(found.items(), key=lambda item: -item[1].mean))

    def today(self, experts):
        """{name: scores} of what people do, at weights of 1/n and of 1, and PEFT's own svd."""
        found = {"mean of ΔW": self.score(experts, methods.MEAN, variant="1")}
        for name, m in methods.TODAY.items():
            for variant in ("1/n", "1"):
                found[f"{name}, weights {variant}"] = self.score(experts, m, variant=variant)
        found["PEFT 0.20's own svd, weights 1/n"] = self.score(experts, methods.TODAY["svd"], variant="s/n")
        return found

    def ranks(self, names):
        """Rows of untuned and tuned shares at rank Σr, 16 and 8."""
        rows = []
        for name, m in [("sum, `budget` instead of `rank`", methods.BUDGET), *((n, methods.METHODS[n]) for n in names)]:
            row = [name]
            for rank in (methods.full_rank("three"), 16, 8):
                if m[0] == "factors" and rank != 8:  # their rank is that of A and B
                    row += ["", "", ""]
                    continue
                scale = self.quality.best_scale(self.bench, methods.SETS["three"], m, rank)
                at_scales = [self.score("three", m, rank, scale=s, nbytes=self.bench.nbytes // 4) for s in (1, scale)]
                row += [*map(short, at_scales), f"{scale:.2f}"]
            rows.append(row)
        return rows

    def everywhere(self):
        """Rows of the candidates on every set of experts."""
        candidates = {n: methods.METHODS[n] for n in (RECOMMENDED, *OTHERS)}
        candidates["sum, experts of a task share a weight of 1"] = methods.ONE_VOTE
        return [[n, *(short(self.score(e, m)) for e in methods.SETS)] for n, m in candidates.items()]

    def interference(self):
        rows = []
        for kappa in (0, 0.2, 0.4, 0.6, 1):
            m = methods.interference(kappa)
            rows.append([f"{kappa:g}", *(short(self.score(e, m, variant="1")) for e in methods.SETS)])
        return rows


    def chart(self):
        """What the sum recovers, at every size of ‖ΔW‖."""
        experts, m = methods.SETS["three"], methods.METHODS["sum"]
        unit = sum(self.bench.norm(experts, ("delta", f"merged: {{sum: x.{n}}}")) for n in methods.names(experts)) / len(experts)
        inputs = self.bench.norm(experts, m, "inputs") / unit
        scales = [2 ** (k / 4) for k in range(-7, 5)]
        scores = [self.score("three", m, scale=s, nbytes=self.bench.nbytes // 4) for s in scales]
        lines = {"mean": ("#0969da", [(s * inputs, x.mean) for s, x in zip(scales, scores)]),
                 "worst task": ("#cf222e", [(s * inputs, x.worst) for s, x in zip(scales, scores)])}
        marks = {"mean of ΔW": self.bench.norm(experts, methods.MEAN) / unit, "norm: inputs": inputs, "sum": self.bench.norm(experts, m) / unit}
        return chart(lines, marks, (0.28, -0.2), (2.1, 0.6), (0.3, 0.5, 0.7, 1, 1.4, 2), (-0.2, 0, 0.2, 0.4, 0.6),
                     "‖ΔW‖ of the merge, in units of the experts’ mean", "share of the experts’ gain")


def rows(here, mixed):
    return [[n, *share(s), f"{s.forgotten:+.3f}", *share(mixed[n])] for n, s in here.items()]


def tables(bench, quality):
    """{name: Markdown}"""
    p = Page(bench, quality)
    today, today_mixed = p.today("three"), p.today("mixed")
    three, mixed = p.untuned("three"), p.untuned("mixed")
    best, best_mixed = three[RECOMMENDED], mixed[RECOMMENDED]
    heads = ["mean share", "worst", "English", "mixed: mean share", "worst"]
    minus = ["mean share", "worst", "95 % of resamples", "mixed: mean share", "worst", "95 % of resamples"]
    return {
        "today": table(["as it stands", *heads], rows(today, today_mixed)),
        "untuned": table(["`norm: inputs`", *heads], rows(three, mixed)),
        "short": table(["`norm: inputs`, rank Σr", "mean share", "worst", "mixed: mean share", "worst"],
                       [[n, *share(s), *share(mixed[n])] for n, s in three.items()]),
        "less": table([f"{RECOMMENDED}, less", *minus],
                      [[n, *difference(best, s), *difference(best_mixed, m)]
                       for n, s, m in [*((n, today[n], today_mixed[n]) for n in today), *((n, three[n], mixed[n]) for n in three)] if n != RECOMMENDED]),
        "sets": table(["`norm: inputs`", *methods.SETS], p.everywhere()),
        "interference": table(["κ", *methods.SETS], p.interference()),
        "ranks": table(["method", "rank 24", "best scale", "×", "rank 16", "best scale", "×", "rank 8", "best scale", "×"], p.ranks(three)),
    }


def write(root, bench, quality):
    """Put the tables into the pages, each between <!-- NAME --> and <!-- end -->."""
    made = tables(bench, quality)
    for name in ("quality.md", "methods.md"):
        path = os.path.join(root, "docs", name)
        with open(path) as f:
            text = f.read()
        for mark, content in made.items():
            text = re.sub(rf"(<!-- {mark} -->\n).*?(?=<!-- end -->)", lambda m: m[1] + content, text, flags=re.S)
        with open(path, "w") as f:
            f.write(text)
    with open(os.path.join(root, "docs", "quality.svg"), "w") as f:
        f.write(Page(bench, quality).chart())
