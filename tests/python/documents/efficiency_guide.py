"""Eta, the share of the peak that kernels reach: what it scales, how to measure it, what it does not do.

Makes every call of the guide to the efficiency parameter. `figures` is what it found.
"""

from mlsysim import Engine, Hardware, InputError, Models

figures = {}
llama70b, h100 = Models.Llama3_70B, Hardware.H100

# A call with every argument by its name.
result = Engine.solve(model=llama70b, hardware=h100, batch_size=32, precision="fp16", efficiency=0.45)
figures["70B on one H100"] = [result.feasible, result.memory_footprint.to("GB").magnitude]

# Time is operations over the peak times eta.
for eta in (0.05, 0.45, 1.0):
    p = Engine.solve(model=Models.Llama3_8B, hardware=h100, batch_size=32, efficiency=eta)
    executed = p.latency_compute * h100.compute.peak_flops * eta
    figures.setdefault("operations over time, peak and eta", []).append(
        (executed / p.work_executed).to("").magnitude
    )

# Between 0 and 1.
for eta in (0.0, -0.1, 1.01, float("nan")):
    try:
        Engine.solve(model=Models.Llama3_8B, hardware=h100, efficiency=eta)
    except InputError as error:
        figures.setdefault("refused", []).append(str(error))

# From a measurement back to eta: tokens a second over what the peak would give. The guide's own example is
# impossible.
measured_throughput = 1200
model_flops_per_token = 1.4e12
peak_flops = 989e12
theoretical_max_throughput = peak_flops / model_flops_per_token
eta = measured_throughput / theoretical_max_throughput
print(f"eta = {eta:.3f}")
figures["calibrated"] = [theoretical_max_throughput, eta]
try:
    Engine.solve(model=Models.Llama3_8B, hardware=h100, batch_size=32, efficiency=eta)
except InputError as error:
    figures["calibrated is refused"] = str(error)

# What if: the same eta on another GPU.
my_model = Models.Llama3_8B
result = Engine.solve(
    model=my_model, hardware=Hardware.B200, batch_size=32, precision="fp16", efficiency=0.423
)
figures["8B on a B200"] = [result.feasible, result.latency.to("ms").magnitude]

# Fallacy a: a half is always right. Below the ridge eta changes nothing, above it everything.
for batch in (1, 4096):
    latencies = [
        Engine.solve(my_model, h100, batch_size=batch, efficiency=eta).latency.to("ms").magnitude
        for eta in (0.5, 0.05)
    ]
    figures.setdefault("latency at eta 0.05 over 0.5", {})[batch] = latencies[1] / latencies[0]

# Fallacy b: a higher share is better. Less of a faster unit is used, and it is still the faster one.
for precision in ("fp16", "int8"):
    p = Engine.solve(my_model, h100, batch_size=512, precision=precision)
    figures.setdefault("MFU and latency", {})[precision] = [p.mfu, p.latency.to("ms").magnitude]

# Fallacy c: eta carries over. The same eta predicts a gain that the roofs of the other device decide.
on_h100, on_a100 = (
    Engine.solve(Models.ResNet50, gpu, batch_size=256, is_training=True, efficiency=0.13)
    for gpu in (h100, Hardware.A100)
)
figures["ResNet-50 training, H100 over A100"] = (on_h100.throughput / on_a100.throughput).to("").magnitude

# Fallacy d: faster hardware raises MFU. With an overhead that stays, it never does.
for factor in (0.5, 1, 2, 4, 8, 16, 64):
    faster = h100.model_copy(update={"compute.fp16_dense": factor * h100.compute.fp16_dense})
    for batch in (1, 64, 1024):
        p = Engine.solve(Models.ResNet50, faster, batch_size=batch, precision="fp16")
        figures.setdefault("MFU as the peak grows", {}).setdefault(batch, []).append(p.mfu)
figures["MFU of ResNet-50, one image"] = {
    gpu.id: Engine.solve(Models.ResNet50, gpu).mfu for gpu in (Hardware.A100, h100)
}
