"""docs/validation.md: predictions beside published measurements, by group, with the goals and with whole sources left out."""

from __future__ import annotations

import json
from collections import defaultdict

from page import asked, made_by, root, table

head = """
# Predictions against measurement

Every row of [data/measurements](../data/measurements) that can be predicted, by class of engines or training stacks and
regime; `mlsysim validate` prints the same, `--rows` each row. Figures are median / 90th percentile of the absolute error in per cent
of the measured figure. *In band* is how many rows lie inside their 90 % band, and *band* what it reaches to a side, in the middle of the group. *Goal* is what
we set out for.

![Predicted against measured, a panel for each group](validation.svg)

"""
inference_head = """## Inference

*Roofline* is what a roofline alone says of the same rows (the longer of arithmetic at half of the peak and bytes at the bandwidth of the
data sheet), *0.1.1* what the original package's serving model says of those that are on one device.

"""
training_head = """
## Training

A run that several rows report is compared once. *Constant* is a constant share of the peak: the median one of the other sources' runs on
the same chip, which is the best that a constant can do for a source that it has not seen; of memory, 16 bytes a parameter. *0.1.1* is the
original package's model of distributed training.

"""
left_out_head = """
## Left out

The constants of each class of engines and stacks ([data/engines](../data/engines), [data/stacks](../data/stacks)) were fitted again without the rows in question and then asked for
them: without each source in turn, each chip, each model, each generation of chips, and a fifth of the experiments at a time. Of training, all rounds of MLPerf are one source, and models go by
tenths. *In the fit* is the table above. What
an engine, a chip or a model that nobody measured will show is nearer to these than to the fit, and the bands are made from the widest. Those of training add what sources differ by, as a random effect,
to the scatter within one: *goal* there is for a source that nobody saw.

"""

#: Words in the name of a group, and the goal for its median and 90th percentile in per cent.
GOALS = (
    (("decode, batch 1, 16-bit, TP",), (10, 25)),
    (("decode, batch 1, 16-bit, llama-cpp",), (5, 15)),
    (("decode, batch 1, 4/8-bit, llama-cpp",), (8, 25)),
    (("decode, batch 1, 16-bit",), (8, 20)),
    (("decode, batch 1, 4/8-bit",), (12, 30)),
    (("prefill, llama-cpp",), (12, 30)),
    (("prefill",), (15, 35)),
    (("static batch", "request", "decode, batched"), (10, 30)),
    (("throughput in flight", "throughput at a concurrency"), (10, 30)),
    (("MLPerf offline",), (12, 40)),
    (("MLPerf server",), (15, 45)),
    (("time between tokens",), (10, 25)),
    (("energy per token",), (15, 35)),
    (("training, memory, fsdp",), (10, 25)),
    (("training, memory",), (6, 15)),
    (("training, experts, megatron",), (8, 20)),
    (("training, dense, xla", "training, experts, xla"), (8, 18)),
    (("training, dense", "training, adapters"), (4, 11)),
)
#: The same for a source that no fit has seen.
UNSEEN = (
    (("training, memory",), (12, 30)),
    (("training, experts, megatron",), (14, 30)),
    (("training, dense, xla", "training, experts, xla"), (15, 30)),
    (("training, dense", "training, adapters"), (8, 17)),
)


def goal(group: str, goals=GOALS) -> str:
    if group.endswith("eager"):  # stacks that differ by 3 to 10 times at equal columns
        return ""
    for beginnings, (median, p90) in goals:
        if group.startswith(beginnings):
            return f"{median} / {p90}"
    return ""


def pair(median: float | None, p90: float | None) -> str:
    return "" if median is None else f"{median:.0f} / {p90:.0f}" if median >= 9.95 else f"{median:.1f} / {p90:.0f}"


def reach(half_width: float) -> str:
    return f"±{half_width:.0f} %" if half_width < 100 else f"x{1 + half_width / 100:.1f}"


def group_table(groups: list[dict], naive: str) -> str:
    rows = [
        [
            g["group"],
            f"{g['predicted']:,}",
            str(len(g["sources"])),
            pair(g["median_ape"], g["p90_ape"]),
            goal(g["group"]),
            pair(g["naive_median_ape"], g["naive_p90_ape"]),
            pair(g["original_median_ape"], g["original_p90_ape"]),
            f"{g['bias']:+.0f}",
            f"{100 * g['coverage']:.0f} %",
            reach(g["half_width"]),
        ]
        for g in groups
        if g["predicted"]
    ]
    head = ["group", "rows", "sources", "error", "goal", naive, "0.1.1", "bias", "in band", "band"]
    lines = table(head, rows).splitlines(keepends=True)
    return lines[0] + "| --- |" + " ---: |" * (len(head) - 1) + "\n" + "".join(lines[2:])


def left_out(groups: list[dict]) -> str:
    """validation/leave_out.json, by tools/fit_engines.py: [{group, engine, kind, rows, median, p90}]."""
    file = root / "validation/leave_out.json"
    if not file.exists():
        return ""
    kinds = ("fold", "source", "chip", "model", "generation")
    found: dict[str, dict[str, dict]] = defaultdict(dict)
    for one in json.loads(file.read_text(encoding="utf-8")):
        found[one["group"]][one["kind"]] = one
    rows = []
    for g in groups:
        if g["group"] in found:
            by = [found[g["group"]].get(kind) for kind in kinds]
            rows.append(
                [g["group"], pair(g["median_ape"], g["p90_ape"]), *(pair(k["median"], k["p90"]) if k else "" for k in by), goal(g["group"], UNSEEN) or goal(g["group"])]
            )  # fmt: skip
    return left_out_head + table(["group", "in the fit", "experiments", "source", "chip", "model", "generation", "goal"], rows)


limits = """
## Where a goal is missed, and why

- *Throughput in flight.* How many requests a run had, and how large a batch it allowed, are in no column. Rows that write 2,048 or 4,096
  tokens after 128 come out too quick with eight devices, those that write 128 do not: fewer are in flight than memory holds while a
  run fills and drains. One constant (`supply`) stands for that.
- *Time between tokens.* The length of the prompts is in no column of the only source, and models of the same shape differ in it by up
  to four times at the same batch (Qwen3-30B-A3B Thinking against Instruct on a B200). Llama 4 Scout is up to twice as slow in few
  sequences as its bytes say.
- *Prefill of llama.cpp.* Layers of an 8B model on four devices work as a pipeline, those of a 70B model hardly: the reason is in no column.
  Apple's first generations reach half of what later ones do.
- *Prefill and static batches of compiled engines.* TensorRT-LLM of 2023 multiplied the query heads of a key head together only where
  eight of width 128 share one, as in Llama 2 70B; Mistral, Mixtral and Falcon it took one by one, which `tensorrt-llm-2023` does with the
  same constants otherwise. On an A100 that is too slow by half. TensorRT Edge-LLM takes eight prompts one after the other.
- *Tensor parallel under servers.* All rows are of vLLM in November 2023, which launched each kernel: half a millisecond a layer whatever
  the devices. The constants of eager frameworks are no better for them (48 / 133 and 103 / 202), so they stay unexplained.
- *Tensor parallel, sources left out.* There are two, one with links between devices and one without: each is all that is known of its kind.
- *Eager frameworks* differ by ten times at equal columns (bitsandbytes in 8 bits against AutoAWQ). Their bands say so.
- *Training on V100* (dense rows of `megatron-deepspeed` and `megatron-2021`). Their source calls its own runs no surer than 40 %; they
  are predicted, not learnt from, and their bands are as much wider.
- *Training of experts.* Releases of one stack differ up to 1.7 times at equal settings, and what is computed again is in no column.
  Ironwood's recipes do not state how experts and sequences are spread out.
- *Adapters under FSDP 2.* The runs that cut layers over two devices come out up to half too quick: what they compute again is not
  published.
- *Whole runs* hold restarts, and of the Llamas neither devices nor degrees are published.
- *MLPerf.* Most rows file 16 bits and a quantisation, and are flagged; the others are two chips, and two rows that file PyTorch on a
  Xeon, predicted with a compiled engine's constants.
"""


def not_predicted(document: dict) -> str:
    counts = document["counts"]
    text = f"""
## What is not predicted

{counts["predicted"]:,} of {counts["rows"] - document["training"]["repeated"]:,} rows are predicted, those that repeat a run of training not counted; of the {counts["complete"]:,} rows that state all that a prediction needs
([measurement-format.md](measurement-format.md)), {counts["complete_predicted"]:,}. The most frequent reasons of the others
(`mlsysim validate --why-not` has all):

"""
    return text + table(["rows", "why"], [[str(r["rows"]), r["reason"]] for r in document["reasons"] if not r["reason"].startswith("the same experiment")][:20])


def training_runs(found: dict) -> str:
    """Coverage, fits and rankings, with their goals."""
    share = [100 * found[name] / found["runs"] for name in ("predicted", "settled", "complete")]
    fit = 100 * found["fit"] / found["ran"]
    rows = [
        ["runs predicted", f"{found['predicted']} of {found['runs']} ({share[0]:.0f} %)", "85 %"],
        ["of them with everything stated but what is computed again", f"{found['settled']} ({share[1]:.0f} %)", "68 %"],
        ["of them with everything stated", f"{found['complete']} ({share[2]:.0f} %)", ""],
        ["configurations that ran and are said to fit", f"{found['fit']} of {found['ran']} ({fit:.0f} %)", "97 %"],
        ["ranking of layouts of one model and chip, Spearman", f"median {found['ranking_median']:.2f}, mean {found['ranking_mean']:.2f} ({found['rankings']} sets of four and more)", "median 0.9"],
    ]  # fmt: skip
    return "\n" + table(["of training", "found", "goal"], rows)


def validation_page() -> str:
    document = json.loads(asked("validate", "-o", "json"))
    groups = document["groups"]
    trains = [g for g in groups if g["regime"].startswith("training")]
    serves = [g for g in groups if g not in trains]
    made = made_by.format("data/measurements, data/engines, data/stacks, data/bands and validation/")
    tables = inference_head + group_table(serves, "roofline") + training_head + group_table(trains, "constant")
    return made + head + tables + training_runs(document["training"]) + left_out(groups) + limits + not_predicted(document)


def validation_picture() -> str:
    return asked("validate", "-o", "svg")
