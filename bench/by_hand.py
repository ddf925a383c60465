"""Walls 1 and 2 for a dense language model written by hand over NumPy arrays: what somebody would write who wants a million
rows and has no mlsysim. Figures come from the catalog; whatever does not depend on the batch is a plain number, computed once.

`python bench/by_hand.py 15` times it beside `mlsysim.sweep` over the same rows and results, compares their figures, and prints
JSON: samples in CPU seconds a row, and the largest relative difference of each result.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from calls import samples

import mlsysim
from mlsysim import _core

model, device, rows = "llama-3-8b", "h100", 1_000_000


def roofline(batch: np.ndarray) -> dict[str, np.ndarray]:
    """fp16 inference, one token a sequence, eta 0.5, empty cache: the defaults of `mlsysim eval`."""
    m = _core.find("model", model).cell
    h = _core.find("accelerator", device).cell
    a = _core.find("assumptions", "first-principles").cell
    element, eta = 2.0, 0.5
    layers, hidden, parameters = m("layers"), m("hidden_dim"), m("parameters")
    peak, bandwidth, tdp = h("compute.fp16_dense"), h("memory.bandwidth"), h("power.tdp")
    weights = parameters * element
    available = h("memory.capacity") * a("usable_memory")
    overhead = h("dispatch_tax") + layers * a("layer_overhead")

    work = batch * (2.0 * parameters + 4.0 * layers * m("heads") * m("head_dim"))
    cache = batch * (m("kv_elements") * element * layers)
    activations = batch * ((hidden * a("kept_activations") + m("vocab_size")) * element)
    footprint = weights + (cache + activations)
    traffic = weights + (cache + batch * (2.0 * layers * hidden * element))
    compute, memory = work / (peak * eta), traffic / bandwidth
    roof = np.maximum(compute, memory)
    latency = roof + overhead
    busy = a("compute_power") * (compute / latency) + a("memory_power") * (memory / latency)
    power = tdp * np.minimum(1.0, a("idle_power") + busy)
    throughput = batch / latency
    return {
        "feasible": (footprint <= available).astype(float),
        "bottleneck": (compute < memory).astype(float),
        "latency": latency,
        "latency_compute": compute,
        "latency_memory": memory,
        "throughput": throughput,
        "token_throughput": throughput,
        "margin": roof / np.minimum(compute, memory),
        "memory_footprint": footprint,
        "memory_kv_cache": cache,
        "memory_activations": activations,
        "work": work,
        "traffic": traffic,
        "arithmetic_intensity": work / traffic,
        "mfu": np.minimum(1.0, work / (peak * latency)),
        "power": power,
        "energy": power * latency,
        "offload_spill_bytes": np.maximum(0.0, footprint - available),
    }


def swept(results: list[str]) -> dict[str, np.ndarray]:
    axes = [f"batch_size=1..{rows}"]
    return mlsysim.sweep("single-node", axes, results, model=model, hardware=device)["columns"]


def main() -> None:
    count = int(sys.argv[1])
    batch = np.arange(1.0, rows + 1)
    mine = roofline(batch)
    results = list(mine)
    theirs = swept(results)
    differences = {}
    for name, column in mine.items():
        scale = np.maximum(np.abs(theirs[name]), 1e-300)
        differences[name] = float(np.max(np.abs(column - theirs[name]) / scale))
    timed = {
        "results": len(results),
        "rows": rows,
        "differences": differences,
        "numpy": samples(lambda: roofline(batch), count, rows),
        "sweep": samples(lambda: swept(results), count, rows),
        "sweep_four": samples(lambda: swept(results[:4]), count, rows),
    }
    json.dump(timed, sys.stdout)


if __name__ == "__main__":
    main()
