#!/usr/bin/env python3
"""Fits the constants of data/stacks/*.yaml, and what training leaves of kernels' rates (data/kernels/*.yaml, group `training`), to
data/measurements/training.csv.

    tools/fit_training.py            fits, prints errors in the fit and left out
    tools/fit_training.py --write    the same, then writes data/stacks, data/kernels, data/bands and validation/leave_out.json
    tools/fit_training.py --quick    fits and prints; leaves nothing out
    tools/fit_training.py --start    writes the constants as the fit starts, so that there is something to fit

One set of constants for a class of stacks and one for a generation of devices; nothing for a model, a chip, a source or a row. Each
has a prior: where it starts, and how far (as a factor) rows may pull it. Needs scipy (pip install 'mlsysim[fit]').
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import spearmanr

ROOT = Path(__file__).parents[1]
MS, US, GB = 1e-3, 1e-6, 1e9

#: What training leaves of the rates of kernels, by generation: where the fit starts. Those without rows stay there.
GENERATIONS = {
    "ampere": {"sustained_16": 0.95, "sustained_8": 0.95, "sustained_4": 0.95, "sustained_attention": 0.9, "portable_attention": 0.74},
    "hopper": {"sustained_16": 0.84, "sustained_8": 0.84, "sustained_4": 0.84, "sustained_attention": 0.84, "portable_attention": 0.46},
    "blackwell": {"sustained_16": 0.8, "sustained_8": 0.8, "sustained_4": 0.7, "sustained_attention": 0.8, "portable_attention": 0.46},
    "blackwell-ultra": {"sustained_16": 1.0, "sustained_8": 1.0, "sustained_4": 0.9, "sustained_attention": 0.9, "portable_attention": 0.46},
    "systolic": {"sustained_16": 1.0, "sustained_8": 0.8, "sustained_4": 0.8, "sustained_attention": 0.8, "portable_attention": 0.6},
    "cdna3": {"sustained_16": 0.6, "sustained_8": 0.6, "sustained_4": 0.6, "sustained_attention": 0.6, "portable_attention": 0.6},
    "ada": {"sustained_16": 0.7, "sustained_8": 0.7, "sustained_4": 0.7, "sustained_attention": 0.7, "portable_attention": 0.6},
    "blackwell-workstation": {"sustained_16": 0.8, "sustained_8": 0.8, "sustained_4": 0.7, "sustained_attention": 0.8, "portable_attention": 0.6},
    "generic": {"sustained_16": 0.8, "sustained_8": 0.8, "sustained_4": 0.7, "sustained_attention": 0.8, "portable_attention": 0.6},
}  # fmt: skip
for _constants in GENERATIONS.values():
    _constants["misaligned"] = 0.19
    _constants["sustained_integer"] = 0.8

#: Of every stack, where nothing else is said.
COMMON = {"elementwise": 10, "gate": 1, "scan": 30, "backward_elementwise": 1.5, "attention_backward": 2.9, "score_traffic": 0, "quantise": 6, "grouped": 0.6, "grouped_8": 0.5,
          "imbalance": 1.12, "permute": 7, "expert_layer": 0.42 * MS, "expert_layer_8": 1.5, "maturing": 0.5, "tensor_exposed": 0.5, "context_exposed": 0.5, "expert_exposed": 0.2, "expert_exposed_far": 0.4,
          "pipeline_exposed": 0.4, "data_exposed": 0.3, "data_hidden": 0.85, "network_efficiency": 0.79, "network_latency": 42 * US, "layer": 0, "microbatch": 0,
          "step": 50 * MS, "straggler": 0.006, "gradient": 4, "workspace": 4.5 * GB, "fragmentation": 1.04, "power": 0.85}  # fmt: skip


class Stack:
    def __init__(self, name: str, aliases: list[str], attention: str, **own: float):
        self.name, self.aliases, self.attention = name, aliases, attention
        self.start = {**COMMON, **own}


STACKS = {
    "megatron": Stack("Megatron-Core and what is built on it (NeMo, Megatron-Bridge, Transformer Engine), from 2023", ["megatron-core", "megatron-bridge", "nemo", "nvidia", "ngc", "rocm", "llmboost", "pytorch", "dgl", "mxnet", "Meta internal"], "tuned"),
    "megatron-2021": Stack("Megatron-LM of 2021 and 2022: attention not fused, nothing overlapped", ["megatron-lm"], "unfused", elementwise=12, score_traffic=10, tensor_exposed=0.9, data_exposed=1.0, pipeline_exposed=0.8, expert_layer=1 * MS),
    "megatron-deepspeed": Stack("Megatron-DeepSpeed of 2022: attention and elementwise operations not fused, nothing overlapped", ["megatron-deepspeed", "megatron + deepspeed"], "unfused", elementwise=24, gate=3, score_traffic=10, tensor_exposed=0.9, data_exposed=1.0, pipeline_exposed=0.9, expert_layer=1 * MS),
    "fsdp": Stack("PyTorch FSDP, eager, attention by Triton (llm-foundry, 2023)", ["composer", "llm-foundry", "fms", "litgpt"], "portable", elementwise=34, gate=3, step=10 * MS),
    "fsdp-2": Stack("PyTorch FSDP 2, tuned attention (torchtitan, NeMo AutoModel)", ["fsdp2", "torchtitan", "automodel"], "tuned", elementwise=20, gate=2, step=10 * MS),
    "xla": Stack("XLA (MaxText, Paxml)", ["maxtext", "paxml", "levanter", "jax", "neuron"], "tuned"),
}  # fmt: skip

#: What is fitted, in each stack that has rows of it, with the width of its prior (ln).
FITTED = {
    "megatron": {"elementwise": 0.4, "scan": 0.6, "quantise": 0.3, "attention_backward": 0.15, "grouped": 0.4, "grouped_8": 0.4, "permute": 0.3, "expert_layer": 0.5, "expert_layer_8": 0.4, "maturing": 0.5, "tensor_exposed": 0.4,
                 "context_exposed": 0.5, "expert_exposed": 0.5, "expert_exposed_far": 0.5, "pipeline_exposed": 0.5, "data_exposed": 0.5, "data_hidden": 0.1, "step": 0.5, "network_efficiency": 0.15},
    "megatron-2021": {"elementwise": 0.5, "score_traffic": 0.4, "tensor_exposed": 0.15, "data_exposed": 0.2, "pipeline_exposed": 0.3},
    "megatron-deepspeed": {"elementwise": 0.5, "score_traffic": 0.4, "tensor_exposed": 0.15, "data_exposed": 0.2, "pipeline_exposed": 0.3, "workspace": 0.5},
    "fsdp": {"elementwise": 0.4, "gate": 0.4, "data_hidden": 0.1, "step": 0.5},
    "fsdp-2": {"elementwise": 0.4, "gate": 0.4, "grouped": 0.4, "expert_layer": 0.5},
    "xla": {"elementwise": 0.4, "expert_layer": 0.5, "grouped": 0.4},
}  # fmt: skip
GENERATION_WIDTH = {"sustained_16": 0.12, "sustained_8": 0.15, "sustained_4": 0.2, "sustained_integer": 0.3, "sustained_attention": 0.15, "portable_attention": 0.2, "misaligned": 0.3}
AT_MOST_ONE = {"tensor_exposed", "context_exposed", "expert_exposed", "expert_exposed_far", "pipeline_exposed", "data_exposed", "data_hidden"}
UNITS = {"expert_layer": (MS, " ms"), "step": (MS, " ms"), "microbatch": (MS, " ms"), "layer": (US, " us"), "network_latency": (US, " us"),
         "score_traffic": (1, " B"), "quantise": (1, " B"), "gradient": (1, " B"), "workspace": (GB, " GB")}  # fmt: skip


def figure(name: str, value: float, interval: tuple[float, float] | None) -> str:
    scale, unit = UNITS.get(name, (1, ""))
    where = "data/measurements/training.csv"
    kind = "fitted" if interval else "estimated"
    low, high = interval or ((0.5 * value, 1.5 * value) if value else (0, scale))
    if not interval:
        where = "no row shows it by itself"
        if name in AT_MOST_ONE or name == "power":
            high = min(high, 1.0)
        if name in ("imbalance", "fragmentation"):
            low, high = 1.0, value * 1.5
    return f'{name}: {{value: {value / scale:.4g}{unit}, kind: {kind}, range: [{low / scale:.4g}{unit}, {high / scale:.4g}{unit}], source: mlsysim-training-fit, where: "{where}", read: 2026-11-22}}'


def write(values: dict[str, float], intervals: dict[str, tuple[float, float]]) -> None:
    for id_, stack in STACKS.items():
        lines = ["# Made by tools/fit_training.py --write.", f"name: {stack.name!r}".replace("'", '"'), f"aliases: [{', '.join(stack.aliases)}]", f"attention: {stack.attention}"]
        lines += [figure(n, values.get(f"{id_}.{n}", v), intervals.get(f"{id_}.{n}")) for n, v in stack.start.items()]
        path = ROOT / "data/stacks" / f"{id_}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
    for id_, constants in GENERATIONS.items():
        path = ROOT / "data/kernels" / f"{id_}.yaml"
        text = re.sub(r"(?m)^training:\n(  .*\n)+", "", path.read_text())
        text += "training:\n" + "".join("  " + figure(n, values.get(f"{id_}.{n}", v), intervals.get(f"{id_}.{n}")) + "\n" for n, v in constants.items())
        path.write_text(text)


def is_fitted(c: dict) -> bool:
    """Rows that are predicted and not learnt from: hours of whole runs, a source that gives its own error as 40 %, experts spread out in a way that is not
    stated, and releases that were slow on one machine and mended in the next."""
    if c["source"] == "BSV100" or "ep" in c["missing"].split(", "):
        return False
    if c["metric"] == "device_time":
        return False
    return not (c["source"] == "MBR" and "experts" in c["regime"] and c["chip"] in ("b200", "b300") and c["release"] < 2026.16)


class Rows:
    """Runs that are predicted: of each a time or a rate, and its memory."""

    def __init__(self, evidence):
        self.evidence = evidence
        self.all = [c for c in evidence.cases() if c["trains"]]
        posed = [c for c in self.all if not c["reason"]]
        self.cases = [c for c in posed if c["metric"] in ("step_time", "throughput_per_device", "device_time")]
        self.memory = [c for c in posed if c["metric"] == "memory_reserved"]
        self.learns_memory = np.array([c["source"] != "BSV100" for c in self.memory])
        self.memory_index = np.array([c["index"] for c in self.memory], int)
        self.memory_measured = np.array([c["measured"] for c in self.memory])
        self.index = np.array([c["index"] for c in self.cases], int)
        self.measured = np.array([c["measured"] for c in self.cases])
        self.fitted = np.array([is_fitted(c) for c in self.cases])
        self.rate = np.array([c["rate"] for c in self.cases])

    def column(self, name):
        return np.array([c[name] for c in self.cases])

    def ratio(self, constants: dict[str, float]) -> np.ndarray:
        """Predicted over measured time."""
        return self.ratios(constants)[0]

    def ratios(self, constants: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
        """The same, and predicted over measured memory."""
        all_ = self.evidence.predict(constants)
        found = all_[self.index] / self.measured
        return np.where(self.rate, 1 / found, found), all_[self.memory_index] / self.memory_measured


def parameters(rows: Rows) -> tuple[list[str], np.ndarray, np.ndarray]:
    names, start, width = [], [], []
    stacks, generations = set(rows.column("engine")), set(rows.column("generation"))
    formats = defaultdict(set)
    for g, p in zip(rows.column("generation"), rows.column("precision")):
        formats[g].add(16 if "16" in p else 4 if "4" in p else 0 if p == "int8" else 8)
    for id_, fields in FITTED.items():
        if id_ in stacks:
            for n, w in fields.items():
                names.append(f"{id_}.{n}")
                start.append(STACKS[id_].start[n])
                width.append(w)
    for id_, constants in GENERATIONS.items():
        if id_ in generations:
            for n, v in constants.items():
                if n == "sustained_integer" and id_ != "systolic":
                    continue
                if n.startswith("sustained_") and n[-1].isdigit() and int(n.split("_")[1]) not in formats[id_]:
                    continue
                if (n == "portable_attention" and id_ not in ("ampere", "hopper")) or (n == "misaligned" and id_ != "ampere"):
                    continue
                names.append(f"{id_}.{n}")
                start.append(v)
                width.append(0.5 if (id_, n) == ("systolic", "sustained_attention") else GENERATION_WIDTH[n])
    return names, np.log(start), np.array(width)


def weights(rows: Rows) -> np.ndarray:
    count = defaultdict(int)
    for s in rows.column("source")[rows.fitted]:
        count[s] += 1
    w = np.array([max(count[s], 1) ** -0.5 for s in rows.column("source")])
    return w * len(w) / w.sum()


def constants_of(names, x) -> dict[str, float]:
    return {n: min(v, 1.0) if n.split(".")[1] in AT_MOST_ONE else v for n, v in zip(names, np.exp(x))}


def robust(r: np.ndarray) -> np.ndarray:
    """Residuals whose squares are a Cauchy loss: far ones count less."""
    return 2 * np.sqrt(np.log1p(r**2 / 4))


SCATTER = 0.08  # of ln of a time or a memory that the priors are weighed against


class Fit:
    """Constants that rows show, and the same without some of the rows."""

    def __init__(self, rows: Rows):
        self.rows = rows
        self.names, self.prior, self.width = parameters(rows)
        # In each residual: how much its row weighs.
        self.weight = np.concatenate([np.sqrt(weights(rows)), np.full(len(rows.memory), max(rows.learns_memory.sum(), 1) ** -0.25)])
        self.used = np.concatenate([rows.fitted, rows.learns_memory])

        def residuals(x):
            return np.concatenate([robust(self.off(x)[self.used]), (x - self.prior) / self.width])

        found = least_squares(residuals, self.prior, x_scale=0.3, max_nfev=40)
        self.x = found.x
        self.values = constants_of(self.names, self.x)
        spread = np.sqrt(np.clip(np.diag(np.linalg.pinv(found.jac.T @ found.jac)), 0, 4))
        self.intervals = {n: (v * np.exp(-1.645 * s), min(v * np.exp(1.645 * s), 1.0 if n.split(".")[1] in AT_MOST_ONE else np.inf)) for (n, v), s in zip(self.values.items(), spread)}
        self.slopes = None

    def off(self, x: np.ndarray) -> np.ndarray:
        """ln of predicted over measured times and memory, each over its scatter and times its weight."""
        off = np.log(np.concatenate(self.rows.ratios(constants_of(self.names, x)))) / SCATTER
        return np.where(np.isfinite(off), off, 10) * self.weight

    def without(self, out: np.ndarray, rounds: int = 6) -> dict[str, float]:
        """Constants by the rows that are not `out`. Steps go by the slopes at the fit to all rows, which costs one prediction each."""
        if self.slopes is None:
            here, by = self.off(self.x), 1e-3
            self.slopes = np.array([(self.off(self.x + by * np.eye(len(self.x))[i]) - here) / by for i in range(len(self.x))]).T
        seen = self.used & ~out
        x = self.x.copy()
        for _ in range(rounds):
            off = self.off(x)[seen]
            counts = 1 / (1 + off**2 / 4)  # far ones count less, as in `robust`
            slopes = self.slopes[seen]
            normal = (slopes * counts[:, None]).T @ slopes + np.diag(self.width**-2.0)
            x -= np.clip(np.linalg.solve(normal, (slopes * counts[:, None]).T @ off + (x - self.prior) / self.width**2), -0.7, 0.7)
        return constants_of(self.names, x)


#: Ways to leave rows out: parts by experiment, whole sources, chips, parts of the models, generations of devices.
LEFT_OUT = ("fold", "source", "chip", "model", "generation")
PARTS = {"fold": 5, "model": 10}


def family(source: str) -> str:
    """Rounds of MLPerf are one source, and so are the tables of BLOOM."""
    return next((f for f in ("MLP", "BLOOM") if source.startswith(f)), source)


def left_out(fit: Fit) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Predicted over measured times, and memory, of each row by a fit that has not seen it."""
    rows = fit.rows
    cases, times = [*rows.cases, *rows.memory], len(rows.cases)

    def key(c: dict, kind: str) -> str:
        return family(c["source"]) if kind == "source" else c["experiment"] or c["id"] if kind == "fold" else c[kind]

    found = {}
    for kind in LEFT_OUT:
        of = np.array([key(c, kind) for c in cases])
        if kind in PARTS:
            part = {k: i % PARTS[kind] for i, k in enumerate(sorted(set(of)))}
            of = np.array([part[k] for k in of])
        ratio = np.full(len(cases), np.nan)
        for value in sorted(set(of)):
            out = of == value
            ratio[out] = np.concatenate(rows.ratios(fit.without(out)))[out]
        found[kind] = ratio[:times], ratio[times:]
    return found


#: Standard deviations of ln(measured / predicted) between sources and within one, where a group has few rows to tell: those of all
#: dense rows, and of all rows with experts. They count as so many sources, or rows.
BETWEEN, WITHIN, COUNTS_AS = {"training, experts": 0.20}, {"training, experts": 0.17}, 3
COVERED = 1.6449  # standard deviations that nine in ten lie within


def effects(pace: np.ndarray, sources: np.ndarray, regime: str) -> tuple[float, float]:
    """Where nine in ten measurements of a source that nobody saw lie: a random effect of the source, and the scatter of its rows."""
    between, within = BETWEEN.get(regime, 0.135), WITHIN.get(regime, 0.08)
    own = {s: pace[sources == s] for s in sorted(set(sources))}
    medians = np.array([np.median(x) for x in own.values()])
    counts = np.array([len(x) for x in own.values()])
    low, high = np.quantile(np.concatenate([x - np.median(x) for x in own.values()]), [0.05, 0.95])
    seen = counts.sum() - len(counts)
    within = np.sqrt((COUNTS_AS * within**2 + seen * ((high - low) / (2 * COVERED)) ** 2) / (COUNTS_AS + seen))
    weight = 1 / (between**2 + within**2 / counts)
    centre = (weight * medians).sum() / (weight.sum() + 1 / between**2)
    between = np.sqrt((COUNTS_AS * between**2 + ((medians - centre) ** 2).sum()) / (COUNTS_AS + len(medians) - 1))
    reach = COVERED * np.hypot(between, within)
    return np.exp(centre - reach), np.exp(centre + reach)


def band(paces: dict[str, np.ndarray], sources: np.ndarray, regime: str):
    """Ends of the widest way to leave rows out, how far draws of the rows move both, and which way it is."""
    widest = (1.0, 1.0), (1.0, 1.0), (1.0, 1.0), ""
    draws = np.random.default_rng(1)
    for kind, pace in paces.items():
        low, high = effects(pace, sources, regime)
        if high / low <= widest[0][1] / widest[0][0]:
            continue
        drawn = []
        for _ in range(100):
            some = draws.integers(0, len(pace), len(pace))
            drawn.append(effects(pace[some], sources[some], regime))
        (low_from, high_from), (low_to, high_to) = np.quantile(drawn, [0.05, 0.95], axis=0)
        widest = (low, high), (min(low_from, 0.99 * low), max(low_to, 1.01 * low)), (min(high_from, 0.99 * high), max(high_to, 1.01 * high)), kind
    return widest


def write_band(stack: str, regime: str, ends, low, high, kind: str, rows: int, sources: int, median: float) -> None:
    of = f'source: mlsysim-training-fit, where: "rows predicted by fits that had not seen their {kind}", read: 2026-11-22'
    name = "".join(c if c.isalnum() else "-" for c in f"{stack}-{regime}".lower())
    path = ROOT / "data/bands" / ("-".join(part for part in name.split("-") if part) + ".yaml")
    path.write_text(f"""# Made by tools/fit_training.py --write.
name: "{regime}, {stack or 'any stack'}"
low:        {{value: {ends[0]:.4g}, kind: fitted, range: [{low[0]:.4g}, {low[1]:.4g}], {of}}}
high:       {{value: {ends[1]:.4g}, kind: fitted, range: [{high[0]:.4g}, {high[1]:.4g}], {of}}}
rows:       {{value: {rows}, kind: derived, {of}}}
sources:    {{value: {sources}, kind: derived, {of}}}
median_ape: {{value: {median:.4g}, kind: derived, {of}}}
""")


def report_bands(rows: Rows, ratios: dict[str, tuple[np.ndarray, np.ndarray]], write_them: bool) -> None:
    """Prints what was left out by group and what the bands hold; writes both where asked."""
    cases = [*rows.cases, *rows.memory]
    whole = {kind: np.concatenate(r) for kind, r in ratios.items()}
    rate = np.concatenate([rows.rate, np.zeros(len(rows.memory), bool)])
    sources = np.array([family(c["source"]) for c in cases])
    unsure = np.log([c["assumed"] for c in cases])
    held, report, pooled = defaultdict(list), [], defaultdict(list)
    for regime, stack in sorted({(c["regime"], c["engine"]) for c in cases}):
        here = np.array([c["regime"] == regime and c["engine"] == stack for c in cases])
        line = f"{regime + ', ' + stack:42} {here.sum():4}"
        paces = {}
        for kind, ratio in whole.items():
            errors = ape(ratio[here], rate[here])
            line += f"  {kind} {np.median(errors):.1f}/{np.percentile(errors, 90):.0f}"
            if kind == "fit":
                continue
            report.append({"group": f"{regime}, {stack}", "engine": stack, "kind": kind, "rows": int(here.sum()), "median": round(float(np.median(errors)), 2), "p90": round(float(np.percentile(errors, 90)), 2)})
            # What columns that are not stated may do is on top of the band.
            pace = -np.log(ratio[here])
            paces[kind] = np.sign(pace) * np.maximum(np.abs(pace) - unsure[here], 0)
        if not paces:
            continue
        ends, low, high, kind = band(paces, sources[here], regime)
        for way, pace in paces.items():
            held[way].extend((ends[0] <= np.exp(pace)) & (np.exp(pace) <= ends[1]))
        inside = np.mean((ends[0] <= np.exp(paces["source"])) & (np.exp(paces["source"]) <= ends[1]))
        print(f"{line}  band {ends[0]:.2f} to {ends[1]:.2f} ({kind}), holds {100 * inside:.0f} % of sources left out")
        pooled[regime].append(here)
        if write_them:
            write_band(stack, regime, ends, low, high, kind, int(here.sum()), len(set(sources[here])), float(np.median(ape(whole[kind][here], rate[here]))))
    # Of a stack that nobody measured in a regime: what stacks differ by.
    stacks = np.array([c["engine"] for c in cases])
    for regime, groups in pooled.items():
        here = np.logical_or.reduce(groups)
        paces = {}
        for kind, ratio in whole.items():
            pace = -np.log(ratio[here])
            paces[kind] = np.sign(pace) * np.maximum(np.abs(pace) - unsure[here], 0)
        paces.pop("fit")
        ends, low, high, kind = band(paces, stacks[here], regime)
        print(f"{regime}: {ends[0]:.2f} to {ends[1]:.2f} where no row is of the stack")
        if write_them:
            write_band("", regime, ends, low, high, kind, int(here.sum()), len(set(sources[here])), float(np.median(ape(whole[kind][here], rate[here]))))
    print("bands hold", ", ".join(f"{way} {100 * np.mean(inside):.0f} %" for way, inside in held.items()))
    if write_them:
        path = ROOT / "validation/leave_out.json"
        kept = [r for r in json.loads(path.read_text()) if not r["group"].startswith("training")]
        path.write_text(json.dumps(sorted(kept + report, key=lambda r: (r["group"], r["kind"])), indent=1) + "\n")


def rankings(rows: Rows, ratio: np.ndarray) -> list[float]:
    """Spearman's correlation of predicted and measured rates over layouts of one model on one kind of chip."""
    groups = defaultdict(list)
    for i, c in enumerate(rows.cases):
        if c["metric"] != "device_time":
            groups[c["model"], c["chip"], c["regime"]].append(i)
    tokens = np.array([c["batch"] * c["seq"] / c["devices"] for c in rows.cases])
    measured = np.where(rows.rate, rows.measured, tokens / rows.measured)
    return [float(spearmanr(measured[i], (measured / ratio)[i]).statistic) for i in map(np.array, groups.values()) if len(i) >= 4]


def ape(ratio: np.ndarray, rate: np.ndarray) -> np.ndarray:
    return np.abs(np.where(rate, 1 / ratio, ratio) - 1) * 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--start", action="store_true")
    parser.add_argument("--rows", default="", help="print rows of sources that begin so")
    parser.add_argument("--file", default=str(ROOT / "data/measurements/training.csv"))
    options = parser.parse_args()
    if options.start:
        write({}, {})
        return
    from mlsysim import _core

    rows = Rows(_core.Evidence(options.file))
    print(len(rows.all), "rows", len(rows.cases), "experiments posed")
    why = defaultdict(int)
    for c in rows.all:
        if c["reason"] and not c["reason"].startswith("the same experiment"):
            why[c["source"], c["reason"][:100]] += 1
    for k, n in sorted(why.items(), key=lambda k: -k[1])[:40]:
        print(f"  {n:4} {k}")
    start = rows.ratio({})
    fit = Fit(rows)
    values, intervals = fit.values, fit.intervals
    for n, v in values.items():
        a, b = n.split(".")
        scale = UNITS.get(b, (1, ""))[0]
        print(f"  {n:32} {v / scale:8.3g} ({intervals[n][0] / scale:.3g} to {intervals[n][1] / scale:.3g})")
    ratio, memory = rows.ratios(values)
    print(f"memory {len(memory)} rows: {np.median(abs(memory - 1)) * 100:.1f}/{np.percentile(abs(memory - 1), 90) * 100:.0f} bias {100 * np.median(memory) - 100:+.0f}")
    groups = defaultdict(list)
    for i, c in enumerate(rows.cases):
        groups["*" + c["regime"]].append(i)
        groups[c["regime"] + " " + c["engine"]].append(i)
        groups["  " + c["source"] + " " + c["regime"]].append(i)
        groups["* all"].append(i)
    for g, some in sorted(groups.items()):
        e, e0 = ape(ratio[some], rows.rate[some]), ape(start[some], rows.rate[some])
        line = f"{g:45} {len(some):4}  start {np.median(e0):4.0f}/{np.percentile(e0, 90):4.0f}  fit {np.median(e):5.1f}/{np.percentile(e, 90):4.0f} bias {100 * np.median(ratio[some]) - 100:+4.0f}"
        print(line)
    if options.rows:
        parts = {p: rows.evidence.predict(values, p)[rows.index] for p in ("step_time", "time_products", "time_attention", "time_experts", "time_elementwise", "time_quantise", "time_recomputation", "time_head", "time_tensor", "time_context", "time_exchange", "time_stages", "time_bubble", "time_data", "time_optimizer", "time_fixed", "recomputed", "memory_footprint")}
        for i, c in enumerate(rows.cases):
            if c["source"].startswith(options.rows):
                total = parts["step_time"][i]
                shares = " ".join(f"{p[5:9]}{100 * v[i] / total:.0f}" for p, v in parts.items() if p.startswith("time_") and v[i] / total > 0.005)
                print(f"{c['id']:11} {c['model'][:22]:22} {c['chip'][:14]:14} n{c['devices']:.0f} tp{c['tp']:.0f} pp{c['pp']:.0f} cp{c['cp']:.0f} ep{c['ep']:.0f} v{c['vpp']:.0f} mbs{c['mbs']:.0f} B{c['batch']:.0f} s{c['seq']:.0f} {c['precision']} {c['recomputation'][:6]} r{parts['recomputed'][i]:.2f} {parts['memory_footprint'][i] / 1e9:.0f}GB  time {100 * ratio[i] - 100:+.0f}%  {shares}  {c['missing']}")
    ratios = {"fit": (ratio, memory)}
    if not options.quick:
        ratios |= left_out(fit)
    report_bands(rows, ratios, options.write)
    for kind, (times, _) in ratios.items():
        found = rankings(rows, times)
        print(f"ranking, {kind}: {len(found)} sets of layouts, Spearman median {np.median(found):.2f}, mean {np.mean(found):.2f}")
    if options.write:
        write(values, intervals)


if __name__ == "__main__":
    main()
