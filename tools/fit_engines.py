#!/usr/bin/env python3
"""Fits the constants of data/engines/*.yaml, and the bands of data/bands/*.yaml, to data/measurements/inference.csv.

    tools/fit_engines.py            fits, prints errors in the fit and left out
    tools/fit_engines.py --write    the same, then writes data/engines, data/bands and validation/leave_out.json
    tools/fit_engines.py --only llama-cpp

The predictions are the core's own, asked through the package. One set of constants for a class of engines, nothing for a model, a
chip, a source or a row. Needs scipy (pip install 'mlsysim[fit]').
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

ROOT = Path(__file__).parents[1]
MS, US = 1e-3, 1e-6


@dataclass
class Engine:
    """A class of engines: how it is built, what is known of it, and what is fitted from where."""

    name: str
    aliases: list[str]
    words: dict[str, str]  # choices
    known: dict[str, str]  # figures that its documentation states
    fitted: dict[str, float]  # where the fit starts, in base units
    fixed: dict[str, float] = field(default_factory=dict)  # figures that its rows do not show: taken from another class
    without: tuple[str, ...] = ()  # regimes that are predicted and not fitted


ENGINES = {
    "compiled": Engine(
        "compiled engines (TensorRT-LLM, gpt-fast, LMDeploy, MLC)",
        ["tensorrt", "trt-llm", "gpt-fast", "lmdeploy", "turbomind", "mlc", "nim", "exllama", "tinychat", "edge-llm", "triton"],
        {"attention": "trtllm"},
        {"max_sequences": "2048", "memory_share": "0.9", "reserved_output": "1"},
        {"bandwidth_hbm": 0.8, "bandwidth_gddr": 0.85, "bandwidth_lpddr": 0.75, "cache_bandwidth": 0.95, "compute": 1.0, "narrow_compute": 0.8,
         "dequantise": 10, "layer": 15 * US, "step": 0.1 * MS, "sequence": 1 * US, "request": 2 * MS, "sum": 4 * US, "host_sum": 25 * US, "supply": 1000},
    ),
    "launched": Engine(
        "engines that launch each kernel (FasterTransformer)",
        ["fastertransformer"],
        {"attention": "trtllm"},
        {"max_sequences": "256", "memory_share": "0.9", "reserved_output": "0.5"},
        {"bandwidth_hbm": 0.8, "cache_bandwidth": 0.6, "compute": 1.0, "layer": 90 * US, "step": 0.2 * MS, "sum": 10 * US, "micro_batch": 1500},
    ),
    "server": Engine(
        "serving engines (vLLM, SGLang)",
        ["vllm", "sglang", "mindie", "tgi"],
        {},
        {"max_sequences": "256", "memory_share": "0.9", "reserved_output": "0.5"},
        {"bandwidth_hbm": 0.85, "layer": 30 * US, "sequence": 30 * US, "expert_layer_8": 100 * US, "sum": 5 * US, "power_base": 0.5, "power_compute": 0.4},
        fixed={"request": 25 * MS, "dequantise": 2.0},
        without=("throughput at a concurrency", "time between tokens, with prompts", "MLPerf server", "MLPerf offline", "decode, batch 1, 16-bit, TP", "decode, batch 1, 4/8-bit, TP"),
    ),
    "llama-cpp": Engine(
        "llama.cpp and what is built on it",
        ["llama.cpp", "llamafile", "ollama", "ctransformers", "mlx", "executorch"],
        {"accumulate": "fp16"},
        {"micro_batch": "512 token", "max_sequences": "1", "memory_share": "1", "reserved_output": "1"},
        {"bandwidth_hbm": 0.5, "bandwidth_gddr": 0.88, "bandwidth_lpddr": 0.85, "cache_bandwidth": 0.6, "compute": 0.8, "narrow_compute": 0.5,
         "dequantise": 10, "score_traffic": 40, "layer": 30 * US, "step": 0.8 * MS},
    ),
    "eager": Engine(
        "eager frameworks (Hugging Face Transformers, AutoAWQ, bitsandbytes)",
        ["transformers", "autoawq", "autogptq", "pytorch lightning", "optimum", "megatron", "onnx", "huggingface", "bitsandbytes", "ctranslate", "lightning"],
        {"sums": "library"},
        {"max_sequences": "64", "memory_share": "0.9", "reserved_output": "0.5"},
        {"bandwidth_hbm": 0.8, "bandwidth_gddr": 0.8, "narrow_compute": 0.5, "dequantise": 10, "host_layer": 500 * US, "step": 1 * MS},
        without=("request",),  # Megatron-LM's, which compute each step anew
    ),
}  # fmt: skip
#: What a figure is where rows do not show it: without loss, or that of compiled engines.
NEUTRAL = {"bandwidth_hbm": 0.8, "bandwidth_gddr": 0.85, "bandwidth_lpddr": 0.75, "cache_bandwidth": 1.0, "compute": 1.0, "narrow_compute": 1.0, "dequantise": 10,
           "score_traffic": 0.0, "layer": 0.0, "step": 0.0, "sequence": 0.0, "request": 0.0, "host_layer": 0.0, "expert_layer_8": 0.0, "sum": 0.0, "host_sum": 2e-5, "imbalance": 1.3, "supply": 1000,
           "power_base": 0.65, "power_memory": 0.05, "power_compute": 0.5}  # fmt: skip
UNITS = {"layer": (US, " us"), "step": (MS, " ms"), "sequence": (US, " us"), "request": (MS, " ms"), "host_layer": (US, " us"),
         "expert_layer_8": (US, " us"), "sum": (US, " us"), "host_sum": (US, " us"), "dequantise": (1, " flop"), "score_traffic": (1, " B"), "micro_batch": (1, " token")}  # fmt: skip


class Rows:
    """The cases of one class of engines."""

    def __init__(self, evidence, cases, engine: str):
        self.evidence, self.engine = evidence, engine
        self.cases = [c for c in cases if c["engine"] == engine and not c["reason"]]
        self.index = np.array([c["index"] for c in self.cases], int)
        self.measured = np.array([c["measured"] for c in self.cases])

    def column(self, name):
        return np.array([c[name] for c in self.cases])

    def ratio(self, constants: dict[str, float]) -> np.ndarray:
        """Predicted over measured, of times: above 1 is too slow."""
        # What is not fitted is as it will be written, not as it was shipped.
        all_ = {**NEUTRAL, **ENGINES[self.engine].fixed, **constants}
        found = self.evidence.predict({f"{self.engine}.{k}": v for k, v in all_.items()})[self.index] / self.measured
        return np.where(self.column("rate"), 1 / found, found)

    def weights(self) -> np.ndarray:
        """Each source of a regime counts by the root of its rows, and each regime too, so that none drowns the others."""
        key = list(zip(self.column("regime"), self.column("source"), self.column("chip")))
        count = defaultdict(int)
        for k in key:
            count[k] += 1
        by_regime = defaultdict(float)
        w = np.array([count[k] ** -0.5 for k in key])
        for k, x in zip(key, w):
            by_regime[k[0]] += x
        return w * np.array([by_regime[k[0]] ** -0.5 for k in key])


def fit(rows: Rows, start: dict[str, float], mask=None, scatter: float = 0.1, prior: float = 0.7):
    """Values and 90 % intervals: a robust loss on ln(predicted / measured), and a wide prior at the start."""
    names, x0 = list(start), np.log(list(start.values()))
    weight = np.sqrt(rows.weights())
    weight *= np.sqrt(len(weight)) / np.linalg.norm(weight)
    if mask is not None:
        weight = weight * mask
    used = weight > 0

    def residuals(x):
        r = np.log(rows.ratio(dict(zip(names, np.exp(x))))) / scatter
        return np.concatenate([(r * weight)[used], (x - x0) / prior])

    found = least_squares(residuals, x0, loss="cauchy", x_scale=0.3, max_nfev=40)
    inverse = np.linalg.pinv(found.jac.T @ found.jac)
    spread = np.sqrt(np.clip(np.diag(inverse), 0, 4)) * max(1.0, np.sqrt(2 * found.cost / len(found.fun)))
    values = dict(zip(names, np.exp(found.x)))
    return values, {n: (v * np.exp(-1.645 * s), v * np.exp(1.645 * s)) for (n, v), s in zip(values.items(), spread)}


def ape(ratio: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Of the figure as it was measured: rates are 1 / time."""
    return np.abs(np.where(rates, 1 / ratio, ratio) - 1) * 100


def figure(name: str, value: float, interval: tuple[float, float] | None) -> str:
    scale, unit = UNITS.get(name, (1, ""))
    if interval is None:
        if value == 0:
            return f'{name}: {{value: 0{unit}, kind: estimated, range: [0{unit}, {10 if unit == " us" else 1}{unit}], source: mlsysim-engine-fit, where: "no row shows it: none", read: 2026-11-21}}'
        low, high = (1.0, 2.0) if name == "imbalance" else (value / scale * 0.5, min(value / scale * 1.5, 1.0 if name == "power_base" else 1e9))
        return f'{name}: {{value: {value / scale:.4g}{unit}, kind: estimated, range: [{low:.4g}{unit}, {high:.4g}{unit}], source: mlsysim-engine-fit, where: "no row shows it: as good as its kind", read: 2026-11-21}}'
    low, high = (x / scale for x in interval)
    return f'{name}: {{value: {value / scale:.4g}{unit}, kind: fitted, range: [{low:.4g}{unit}, {high:.4g}{unit}], source: mlsysim-engine-fit, where: "data/measurements/inference.csv", read: 2026-11-21}}'


def write(id_: str, engine: Engine, values: dict[str, float], intervals: dict[str, tuple[float, float]]) -> None:
    lines = ["# Made by tools/fit_engines.py --write.", f"name: {engine.name}", f"aliases: [{', '.join(json.dumps(a) for a in engine.aliases)}]"]
    lines += [f"{k}: {v}" for k, v in engine.words.items()]
    lines += [f'{k}: {{value: {v}, kind: stated, source: mlsysim-engine-defaults, where: "{k} of {engine.name}", read: 2026-11-21}}' for k, v in engine.known.items()]
    for name in [*NEUTRAL, *(n for n in engine.fitted if n not in NEUTRAL)]:
        neutral = NEUTRAL.get(name)
        value = values.get(name, engine.fixed.get(name, neutral))
        lines.append(figure(name, value, intervals.get(name)))
    (ROOT / "data/engines" / f"{id_}.yaml").write_text("\n".join(lines) + "\n")


#: Ways to leave rows out: parts by experiment, whole sources, chips, models.
LEFT_OUT = ("fold", "source", "chip", "model")
FOLDS = 5


def left_out(rows: Rows, engine: Engine, mask: np.ndarray | None) -> dict[str, np.ndarray]:
    """Predicted over measured of each row by a fit that has not seen it; NaN where nothing else shows the class."""
    experiments = {e: i % FOLDS for i, e in enumerate(sorted(set(rows.column("experiment"))))}
    keys = {kind: rows.column(kind) for kind in LEFT_OUT[1:]}
    keys["fold"] = np.array([experiments[e] for e in rows.column("experiment")])
    found = {}
    for kind in LEFT_OUT:
        ratio = np.full(len(rows.cases), np.nan)
        for value in sorted(set(keys[kind])):
            out = keys[kind] == value
            seen = ~out if mask is None else ~out & mask
            if seen.sum() < 10:
                continue
            values, _ = fit(rows, engine.fitted, seen)
            ratio[out] = rows.ratio(values)[out]
        found[kind] = ratio
    return found


Interval = tuple[float, float]


def band(ratios: dict[str, np.ndarray], here: np.ndarray) -> tuple[Interval, Interval, Interval, str]:
    """Measured over predicted time, 5 and 95 %, of the widest way to leave rows out; how far draws of the rows move both."""
    widest = (1.0, 1.0), (1.0, 1.0), (1.0, 1.0), ""
    draws = np.random.default_rng(1)
    for kind, ratio in ratios.items():
        known = here & np.isfinite(ratio)
        if known.sum() < max(5, 0.6 * here.sum()):
            continue
        pace = -np.log(ratio[known])
        low, high = np.exp(np.quantile(pace, [0.05, 0.95]))
        low, high = min(low, 0.98), max(high, 1.02)
        if high / low <= widest[0][1] / widest[0][0]:
            continue
        drawn = np.exp([np.quantile(draws.choice(pace, len(pace)), [0.05, 0.95]) for _ in range(200)])
        (low_from, high_from), (low_to, high_to) = np.quantile(drawn, [0.05, 0.95], axis=0)
        widest = (low, high), (min(low_from, 0.99 * low), max(low_to, 1.01 * low)), (min(high_from, 0.99 * high), max(high_to, 1.01 * high)), kind
    return widest


def band_id(engine: str, regime: str) -> str:
    plain = "".join(c if c.isalnum() else "-" for c in f"{engine}-{regime}".lower())
    return "-".join(part for part in plain.split("-") if part)


def write_band(engine: str, regime: str, ends: Interval, low: Interval, high: Interval, kind: str, rows: int, sources: int, median: float) -> None:
    of = f'source: mlsysim-engine-fit, where: "rows predicted by fits that had not seen their {kind}", read: 2026-11-21'
    (ROOT / "data/bands" / f"{band_id(engine, regime)}.yaml").write_text(f"""# Made by tools/fit_engines.py --write.
name: "{regime}, {engine}"
low:        {{value: {ends[0]:.4g}, kind: fitted, range: [{low[0]:.4g}, {low[1]:.4g}], {of}}}
high:       {{value: {ends[1]:.4g}, kind: fitted, range: [{high[0]:.4g}, {high[1]:.4g}], {of}}}
rows:       {{value: {rows}, kind: derived, {of}}}
sources:    {{value: {sources}, kind: derived, {of}}}
median_ape: {{value: {median:.4g}, kind: derived, {of}}}
""")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write data/engines, data/bands and validation/leave_out.json")
    parser.add_argument("--only", default="", help="one class of engines")
    parser.add_argument("--start", action="store_true", help="write data/engines as the fit starts, so that there is something to fit")
    parser.add_argument("--quick", action="store_true", help="fit and print; leave nothing out")
    options = parser.parse_args()
    if options.start:
        for name, engine in ENGINES.items():
            write(name, engine, engine.fitted, {})
        return
    from mlsysim import _core

    evidence = _core.Evidence(str(ROOT / "data/measurements/inference.csv"))
    cases = evidence.cases()
    report = []
    for name, engine in ENGINES.items():
        if options.only not in ("", name):
            continue
        rows = Rows(evidence, cases, name)
        regimes = rows.column("regime")
        rates = rows.column("rate")
        mask = ~np.isin(regimes, engine.without)
        values, intervals = fit(rows, engine.fitted, mask)
        print(name, len(rows.cases))
        for n, v in values.items():
            scale, unit = UNITS.get(n, (1, ""))
            low, high = intervals[n]
            print(f"  {n:20} {v / scale:8.3g}{unit} ({low / scale:.3g} to {high / scale:.3g}), from {engine.fitted[n] / scale:.3g}")
        ratios = {"fit": rows.ratio(values)}
        if not options.quick:
            ratios |= left_out(rows, engine, mask)
        for regime in sorted(set(regimes)):
            here = regimes == regime
            line = f"  {regime:40} {here.sum():5}"
            for kind, ratio in ratios.items():
                known = here & np.isfinite(ratio)
                if not known.any():
                    continue
                error = ape(ratio[known], rates[known])
                median, tail = np.median(error), np.percentile(error, 90)
                if kind == "source":  # each source counts once
                    by = rows.column("source")[known]
                    median, tail = (np.mean([f(error[by == s]) for s in set(by)]) for f in (np.median, lambda e: np.percentile(e, 90)))
                line += f"  {kind} {median:.0f}/{tail:.0f}"
                report.append({"group": f"{regime}, {name}", "engine": name, "kind": kind, "rows": int(known.sum()), "median": round(float(median), 2), "p90": round(float(tail), 2)})
            line += f"  time bias {(np.median(ratios['fit'][here]) - 1) * 100:+.0f}"
            print(line)
            by = defaultdict(list)
            for i in np.flatnonzero(here):
                by[rows.cases[i]["source"]].append(i)
            for source, some in sorted(by.items()):
                e = ape(ratios["fit"][some], rates[some])
                print(f"      {source:36} {len(some):4} {np.median(e):5.0f}/{np.percentile(e, 90):4.0f}  {(np.median(ratios['fit'][some]) - 1) * 100:+.0f}")
            ends, low, high, kind = band({k: r for k, r in ratios.items() if k != "fit"}, here)
            if kind and options.write:
                write_band(name, regime, ends, low, high, kind, int(here.sum()), len(by), float(np.median(ape(ratios[kind][here & np.isfinite(ratios[kind])], rates[here & np.isfinite(ratios[kind])]))))
        if options.write:
            write(name, engine, values, intervals)
    if options.write:
        path = ROOT / "validation/leave_out.json"
        done = {r["engine"] for r in report}
        kept = [r for r in json.loads(path.read_text()) if r["engine"] not in done] if path.exists() else []
        path.write_text(json.dumps(sorted(kept + report, key=lambda r: (r["group"], r["kind"])), indent=1) + "\n")


if __name__ == "__main__":
    main()
