"""Two generations of GPU and one language model: which figure of the data sheet the speed-up follows.

Makes every call of the tutorial on the memory wall, exercises included. `figures` is what it found.
"""

from mlsysim.show import table

import mlsysim
from mlsysim import Engine

figures = {}

# The first example of the package: a small network on a large GPU.
hero = Engine.solve(
    model=mlsysim.Models.ResNet50, hardware=mlsysim.Hardware.Cloud.A100, batch_size=1, precision="fp16"
)
print(hero.bottleneck, f"{hero.latency.to('ms'):~.2f}", f"{hero.throughput:.0f~}")
figures["hero"] = [hero.bottleneck, hero.latency.to("ms").magnitude, hero.throughput.to("1/s").magnitude]

# What the data sheets say.
a100, h100 = mlsysim.Hardware.Cloud.A100, mlsysim.Hardware.Cloud.H100
peak_a, peak_h = (gpu.compute.peak_flops.to("TFLOPs/s").magnitude for gpu in (a100, h100))
bandwidth_a, bandwidth_h = (gpu.memory.bandwidth.to("TB/s").magnitude for gpu in (a100, h100))
table(
    ["figure", "A100", "H100", "ratio"],
    [
        ["peak (TFLOP/s)", peak_a, peak_h, f"{peak_h / peak_a:.1f}x"],
        ["bandwidth (TB/s)", bandwidth_a, bandwidth_h, f"{bandwidth_h / bandwidth_a:.1f}x"],
        ["ridge (FLOP/byte)", peak_a * 1e12 / (bandwidth_a * 1e12), peak_h * 1e12 / (bandwidth_h * 1e12), ""],
    ],
)
figures["peaks"] = [peak_a, peak_h]
figures["bandwidths"] = [bandwidth_a, bandwidth_h]

# One sequence at a time.
model = mlsysim.Models.Llama3_8B
on_a = Engine.solve(model=model, hardware=a100, batch_size=1, precision="fp16")
on_h = Engine.solve(model=model, hardware=h100, batch_size=1, precision="fp16")
latency_a, latency_h = on_a.latency.to("ms").magnitude, on_h.latency.to("ms").magnitude
ms = mlsysim.core.constants.ureg.ms
table(
    ["", "A100", "H100", "speed-up"],
    [
        ["bound by", on_a.bottleneck, on_h.bottleneck, ""],
        ["step", latency_a * ms, latency_h * ms, f"{latency_a / latency_h:.1f}x"],
        ["rate", on_a.throughput, on_h.throughput, ""],
    ],
)
figures["one sequence"] = [on_a.bottleneck, on_h.bottleneck, latency_a, latency_h]

# Batches: where the extra arithmetic starts to count.
rows = []
for batch in [1, 4, 16, 32, 64, 128, 256, 512]:
    pa = Engine.solve(model=model, hardware=a100, batch_size=batch, precision="fp16")
    ph = Engine.solve(model=model, hardware=h100, batch_size=batch, precision="fp16")
    speedup = pa.latency.to("ms").magnitude / ph.latency.to("ms").magnitude
    rows.append([batch, pa.bottleneck, ph.bottleneck, f"{speedup:.1f}x"])
    figures.setdefault("batches", []).append([batch, pa.bottleneck, ph.bottleneck, speedup])
table(["batch", "A100", "H100", "speed-up"], rows)

# Under the roof of the H100.
from mlsysim.viz.plots import plot_roofline  # noqa: E402

fig, ax = plot_roofline(h100, workloads=[model])
fig.show()
figures["title of the picture"] = ax.get_title(loc="left")

# Three generations.
rows = []
for name, gpu in [("V100", mlsysim.Hardware.Cloud.V100), ("A100", a100), ("H100", h100)]:
    profile = Engine.solve(model=model, hardware=gpu, batch_size=1, precision="fp16")
    peak, bandwidth = (
        gpu.compute.peak_flops.to("TFLOPs/s").magnitude,
        gpu.memory.bandwidth.to("TB/s").magnitude,
    )
    ridge = peak * 1e12 / (bandwidth * 1e12)
    rows.append([name, peak, bandwidth, ridge, profile.latency, profile.bottleneck])
    figures.setdefault("ridges", {})[name] = ridge
    figures.setdefault("latencies", {})[name] = profile.latency.to("ms").magnitude
table(["GPU", "TFLOP/s", "TB/s", "ridge", "step", "bound by"], rows)

# Exercise 1: the next generation, one sequence.
b200 = mlsysim.Hardware.Cloud.B200
on_b = Engine.solve(model=model, hardware=b200, batch_size=1, precision="fp16")
figures["latencies"]["B200"] = on_b.latency.to("ms").magnitude
figures["bandwidth of the B200 over the H100"] = (
    (b200.memory.bandwidth / h100.memory.bandwidth).to("").magnitude
)


# Exercise 2: the first batch that is bound by arithmetic, step by step; with a context that is stated too.
def first_compute_bound(gpu, largest, **stated):
    for batch in range(1, largest + 1):
        if (
            Engine.solve(model=model, hardware=gpu, batch_size=batch, precision="fp16", **stated).bottleneck
            == "Compute"
        ):
            return batch
    return None


figures["crossover"] = [first_compute_bound(gpu, 512) for gpu in (a100, h100)]
figures["crossover at context 512"] = [first_compute_bound(gpu, 512, seq_len=512) for gpu in (a100, h100)]
for gpu in (a100, h100):
    swept = mlsysim.sweep(
        "single-node",
        {"batch_size": "1..10000"},
        ["bottleneck"],
        model=model,
        hardware=gpu,
        seq_len=2048,
        precision="fp16",
    )
    compute_bound = int((swept["columns"]["bottleneck"] == 0).sum())
    figures.setdefault("batches bound by arithmetic at context 2048", []).append(
        [swept["rows"], compute_bound]
    )

# Self-check: twice of everything is twice as fast, whichever roof binds.
gpu_a = h100.model_copy(
    update={"name": "GPU-A", "compute.fp16_dense": "500 TFLOP/s", "memory.bandwidth": "2 TB/s"}
)
gpu_b = h100.model_copy(
    update={"name": "GPU-B", "compute.fp16_dense": "1000 TFLOP/s", "memory.bandwidth": "4 TB/s"}
)
for batch in (1, 4096):
    one, two = (Engine.solve(model=model, hardware=gpu, batch_size=batch) for gpu in (gpu_a, gpu_b))
    roofs = [max(p.latency_compute, p.latency_memory).to("ms").magnitude for p in (one, two)]
    figures.setdefault("twice of everything", []).append([one.bottleneck, roofs[0] / roofs[1]])
