"""One page of calls: a roofline with every argument, devices and models by the names of the cheat sheet.

`figures` is what it found.
"""

from mlsysim import Engine, Hardware, Infra, Models, Systems

figures = {}

profile = Engine.solve(
    model=Models.Llama3_8B,
    hardware=Hardware.H100,
    batch_size=1,
    precision="fp16",
    efficiency=0.5,
    is_training=False,
)
figures["8B on an H100"] = {
    "latency_ms": profile.latency.to("ms").magnitude,
    "throughput_per_s": profile.throughput.to("1/s").magnitude,
    "bottleneck": profile.bottleneck,
    "memory_gb": profile.memory_footprint.to("GB").magnitude,
    "mfu": profile.mfu,
    "energy_j": profile.energy.to("J").magnitude,
    "feasible": profile.feasible,
}

# Each format that the sheet names: the bytes of the weights.
for precision in ("fp32", "fp16", "int8", "int4", "fp8"):
    p = Engine.solve(Models.Llama3_8B, Hardware.H100, precision=precision)
    figures.setdefault("weights_gb", {})[precision] = p.memory_weights.to("GB").magnitude

# One training step: operations are three times those of the forward pass.
forward = Engine.solve(Models.ResNet50, Hardware.H100, batch_size=32)
training = Engine.solve(Models.ResNet50, Hardware.H100, batch_size=32, is_training=True)
figures["training over forward"] = (training.work / forward.work).to("").magnitude

# The devices: peak at 16 bits, capacity, bandwidth, power.
devices = {
    "V100": Hardware.V100, "A100": Hardware.A100, "H100": Hardware.H100, "H200": Hardware.H200,
    "B200": Hardware.B200,
    "nRF52840": Hardware.Tiny.nRF52840,
}  # fmt: skip
for name, device in devices.items():
    memory = device.memory
    figures.setdefault("devices", {})[name] = [
        device.compute.peak_flops.to("TFLOP/s").magnitude,
        memory.capacity.to("GB").magnitude,
        memory.bandwidth.to("TB/s").magnitude,
        device.tdp.to("W").magnitude,
    ]
    print(f"{name:10}", figures["devices"][name])

# The models: parameters, in millions.
models = {
    "ResNet-50": Models.ResNet50, "Llama-3-8B": Models.Llama3_8B, "Llama-3-70B": Models.Llama3_70B,
    "GPT-3": Models.GPT3,
    "DS-CNN": Models.Tiny.DS_CNN, "MobileNetV2": Models.MobileNetV2,
}  # fmt: skip
figures["parameters_m"] = {name: model.parameters.m_as("Mparam") for name, model in models.items()}

# The cache of one sequence of 4,096 tokens: 2 x layers x kv heads x head dimension x tokens x bytes.
llama = Models.Llama3_8B
figures["kv_bytes"] = (4096 * llama.kv_bytes_per_token).to("byte").magnitude
figures["kv_bytes by hand"] = 2 * llama.layers * llama.kv_heads * llama.head_dim * 4096 * 2

# The fleet and the region that its other calls take.
figures["names"] = [Systems.Clusters.Research_256.id, Infra.Quebec.id]
