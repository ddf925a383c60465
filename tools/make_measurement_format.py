"""docs/measurement-format.md: what a file of measurements holds, from the table that the reader goes by."""

from __future__ import annotations

import json

from page import asked, fragment, made_by, table

head = """
# Files of measurements

`mlsysim validate FILE.csv` predicts every row of a file and says how far off it is; without a file it takes the published rows that
ship ([data/measurements](../data/measurements), the errors are in [validation.md](validation.md)). A file is comma-separated text
under a line of column names: one row, one figure that somebody measured. Inference and training share one list of columns, and a file may hold rows of both; each
row is taken for what its columns say it is. (The rows here are invented.)

```console
$ cat >mine.csv <<'END'
> model_name,chip,n_devices,precision,engine,batch_size,input_len,output_len,measured_metric,measured_value,unit
> llama-3-8b,h100,1,bf16,vLLM 0.6.3,1,512,128,ttft_ms,38,ms
> llama-3-8b,h100,1,bf16,TensorRT-LLM 0.14,1,128,128,tokens_per_s_per_user,152,tok/s
> llama-3-8b,h1OO,1,bf16,TensorRT-LLM 0.14,1,128,128,tokens_per_s_per_user,152,tok/s
> END
$ mlsysim validate mine.csv --rows --why-not
```

`-o json` has `groups`, `rows`, `counts` and `reasons`; `-o csv` has the rows. In both, `measured`, `predicted`, `low` and `high` are in
the `unit` of the row: token/s, s, J/token or B. Errors (`ape`, `median_ape`, `p90_ape`, `bias`, `half_width`) are in per cent, `coverage` is
a share. `mlsysim schema measurement` prints the JSON Schema of a row, and Python has the same as records:

```python
import csv, mlsysim, pathlib, tempfile
path = pathlib.Path(tempfile.mkdtemp(), "mine.csv")
with path.open("w", newline="") as file:
    csv.writer(file).writerows([
        ["model_name", "chip", "n_devices", "precision", "engine", "batch_size", "input_len", "measured_metric", "measured_value"],
        ["llama-3-8b", "h100", 1, "bf16", "vLLM", 1, 512, "ttft_ms", 38],
    ])
row = mlsysim.validate(path).rows[0]
row.unit, row.low < row.predicted < row.high
```

## Columns

In any order; those not listed here are passed over, and so are efficiencies that others derived (`derived_*`). An empty cell is
*not stated*. Numbers are plain: `1200`, not `1,200` or `1.2k`.

"""

metrics = """
## Metrics and what they need

| `measured_metric` | what it is | needs, beside model, device and format |
| --- | --- | --- |
| `tokens_per_s_per_user` | rate at which one sequence grows | |
| `output_tokens_per_s` | tokens generated a second, all devices | `output_len` and `input_len`; `batch_size` or `concurrency`, else what memory holds |
| `output_tokens_per_s_per_gpu` | the same for one device | as above |
| `samples_per_s` | requests finished a second | as above |
| `prefill_tokens_per_s` | prompt tokens a second | `input_len` |
| `itl_ms`, `tpot_ms` | time between tokens of a sequence | `batch_size` or `concurrency` where `scenario` is `server` |
| `ttft_ms` | time to the first token, nothing else running | `input_len`; not predicted under load |
| `latency_ms` | a whole request | `output_len` |
| `energy_j_per_token` | of all devices, per generated token | `batch_size` or `concurrency` |

Of training, a row of one step on `n_devices`. All need the model, the device, `seq_len`, and `global_batch_seqs` or
`global_batch_tokens`:

| `measured_metric` | what it is | unit | predicted |
| --- | --- | --- | --- |
| `tokens_per_s_per_gpu` | tokens that a device trains on in a second | token/s | yes |
| `step_time_s` | forward, backward and update of one global batch | s | yes |
| `tflops_per_gpu` | operations a second and device; which are counted differs by source (`metric_definition`) | Tflop/s | as tokens a second: by the formula of Megatron-LM (attention whole, *formula*, *full*, *Korthikanti*), with causal attention halved (*causal*), or with what is computed again (*hardware*, where all is); between the two where neither is said and they differ by less than 15 % |
| `mfu`, `hfu` | those operations over a peak, without and with what is computed again | a share | the same, where `unit` or `metric_definition` names the peak: *fraction of 312* |
| `memory_gb` | memory that the allocator holds, the fullest device | GB | yes |
| `time_to_train_min` | until a quality is reached, with evaluation | min | no: how many steps it takes is no question of speed |
| `total_gpu_hours` | device hours of a whole run, with restarts | h | with `training_tokens`, in a wide band |

Several rows of one `experiment` are one run: its tokens a second are compared, else the time of its step, else its arithmetic. Its memory
is compared beside.

Compare sources by tokens or by time: operations are counted with causal attention whole or halved, with or without those computed
again, and with or without the embedding. Batch and degrees of parallelism count whole devices: `tp` × `cp` × `pp` × `dp` are
`n_devices`. What was trained stands in `model_name`, behind the name of the model: *LoRA*, *SFT* and the like say that only
adapters, or all weights, were tuned.

`unit` is checked against the metric: a `ttft_ms` in `s` is refused, not converted. What it says in parentheses counts: a mean time
between tokens holds the prompts that come in between, a median does not.

## What is missing

| missing | what happens |
| --- | --- |
| the model's name, or one that nobody knows | the shape is taken from the columns: `hidden`, and `n_layers` or the parameters; without them the row is not predicted |
| `n_heads`, of a shape | heads 128 wide, or as near to it as `hidden` divides |
| `n_layers`, of a shape | the number that makes up `params_m` or `params_b` |
| `ffn_hidden`, of a shape | four times `hidden`, not gated |
| a known name with more behind it | *instruct*, *LoRA*, *SFT*, *pre-training*, *MaxText*, … and what stands in parentheses are passed over |
| a known device | not predicted; the nearest name is given |
| `engine` | a compiled engine is taken, under `scenario` `server` a serving one; the band is wider |
| `precision` and `quantization` | the format that the model was published in; the band is wider. llama.cpp: not predicted |
| `kv_precision` | 16 bits, or the engine's rule for 8-bit weights |
| `input_len`, `output_len` | where the metric needs them, not predicted; elsewhere a usual length, and a wider band |
| `tp` | from `n_devices` as the engine would share it out |
| `flag` has any text | not predicted |
| training: `precision` | 16 bits, of MLPerf 8 where the device has them; the band is wider |
| training: `tp`, `pp`, `ep` | not cut but for what a batch smaller than the devices asks for; experts over up to 8 devices; the band is wider |
| training: `micro_batch` | what a replica takes at once under XLA, or where `notes` say `grad_accum=`; else one sequence and a wider band |
| training: `vpp` | no interleaving, and a wider band where stages are few microbatches deep |
| training: `activation_recompute` | as much as memory asks for; where that is any, a wider band |
| training: `framework` | Megatron-Core, on a TPU XLA; the band is wider |

A row that can't be predicted says why (`reason`, `--why-not`) and does not stop the others. A row with too few or too many cells, or a
file that is not text, is *not read*: it is named with its line. The exit code is 0 where any row could be read, 2 where none could.

*Complete* rows state everything that a prediction needs: no flag; the model by name or by layers, width, heads, key heads and
feed-forward width; the device; `n_devices` or `tp`; a format; `batch_size` or `concurrency`; the lengths that the metric needs. The
screen says how many of them are predicted. Of training they are the rows in which nothing is `missing`.

## Bands

Nine in ten measurements should lie between `low` and `high`. A class of engines or of training stacks in a regime has a band from its own leave-out errors
(`mlsysim zoo bands`); where nothing was measured, the widest is taken. What is not stated widens it by `assumed_factor`.
"""


def measurement_format_page() -> str:
    schema = json.loads(asked("schema", "measurement"))
    rows = []
    for name, column in schema["properties"].items():
        words = column.get("enum") or column.get("examples") or []
        rows.append(
            [
                f"`{name}`" + (" (needed)" if name in schema["required"] else ""),
                column["description"],
                "" if column["type"] == "string" else column.get("x-unit", "a count" if column["type"] == "integer" else "a number"),
                ", ".join(f"`{word}`" for word in words),
            ]
        )  # fmt: skip
    text = head + table(["column", "what it is", "unit", "words"], rows) + metrics
    return made_by.format("tools/make_measurement_format.py and src/mlsysim/evidence/columns.cpp") + fragment(text)
