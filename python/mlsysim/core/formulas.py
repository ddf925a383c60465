"""The original's 27 functions under their names (``calc_ring_allreduce_time``…), over the laws of ``mlsysim.formulas``.

Arguments are quantities, or plain numbers in the unit that the original takes them in: base units (byte, byte/s, s, flop,
flop/s), hours for times between failures. By default each gives what is right; under the assumptions ``mlsysim-0.1`` it
gives the original's figure where that is another formula:

- ``calc_tree_allreduce_time`` and ``calc_hierarchical_allreduce_time``: the choice ``communication``;
- ``calc_activation_memory``: the choice ``footprint``.

These never give the original's figure:

- ``calc_monthly_egress_cost`` of plain numbers is USD for bytes/s and USD/GB; there it comes to 8e9 times as much.
- ``calc_training_time`` and ``calc_bottleneck`` take plain numbers too.
- What has no meaning raises ``InputError`` (a ``ValueError``): no servers, no micro-batches, a negative message, an unknown
  strategy. There it gave a number.
"""

from __future__ import annotations

from typing import Any

from mlsysim import _core, assumptions, formulas
from mlsysim.core.units import Q_, ureg
from mlsysim.errors import InputError

__all__ = [
    "calc_activation_memory", "calc_all_to_all_time", "calc_amdahls_speedup", "calc_availability_stacked", "calc_bottleneck",
    "calc_checkpoint_size", "calc_effective_flops", "calc_failure_probability", "calc_fleet_tco",
    "calc_hierarchical_allreduce_time", "calc_kv_cache_size", "calc_monthly_egress_cost", "calc_mtbf_cluster", "calc_mtbf_node",
    "calc_network_latency_ms", "calc_paged_kv_cache_size", "calc_pipeline_bubble", "calc_queue_latency_mmc",
    "calc_ring_allreduce_time", "calc_training_time", "calc_training_time_days", "calc_transformer_training_flops",
    "calc_tree_allreduce_time", "calc_young_daly_interval", "dTime", "model_memory",
]  # fmt: skip


def _in(value: Any, unit: str) -> Any:
    """A plain number in ``unit``; a quantity as it is."""
    return value if hasattr(value, "units") else Q_(value, unit)


def _original(choice: str) -> bool:
    return _core.find("assumptions", assumptions.current()).cell(choice) == "original"


def calc_network_latency_ms(distance_km):
    """Round trip over that distance of fibre, in ms."""
    distance = _in(distance_km, "km").m_as("km")
    return formulas.network_round_trip_time(distance).m_as("ms")


def calc_training_time(total_ops, num_devices, peak_flops_per_device, efficiency_eta):
    """Work over what the devices do at that efficiency."""
    return formulas.iron_law_training(total_ops, num_devices, peak_flops_per_device, efficiency_eta, 1.0, 1.0)


dTime = calc_training_time


def calc_training_time_days(total_ops, num_devices, peak_flops_per_device, efficiency_eta):
    """The same as a number of days."""
    return calc_training_time(total_ops, num_devices, peak_flops_per_device, efficiency_eta).m_as("day")


def calc_amdahls_speedup(p, s):
    """Speed-up when the share ``p`` runs ``s`` times as fast."""
    return formulas.amdahl_speedup(1 - p, s)


def calc_monthly_egress_cost(bytes_per_sec, cost_per_gb):
    """USD for 30 days of a steady stream."""
    return formulas.egress_cost(bytes_per_sec, Q_(30, "day"), _in(cost_per_gb, "USD/GB")).m_as("USD")


def calc_fleet_tco(unit_cost, power_w, quantity, years, kwh_price):
    """USD to buy devices and feed them for years of 365.25 days."""
    time = _in(years, "year") if hasattr(years, "units") else Q_(years * 365.25, "day")
    price = _in(kwh_price, "USD/kWh")
    return formulas.fleet_cost(quantity, _in(unit_cost, "USD"), _in(power_w, "W"), time, price).m_as("USD")


def calc_bottleneck(ops, model_bytes, device_flops, device_bw):
    """Times of compute and of memory in ms, which of them binds, by how much, and the intensity in flop/byte."""
    compute = formulas.compute_time(ops, device_flops, 1.0).m_as("ms")
    memory = formulas.memory_time(model_bytes, device_bw).m_as("ms")
    slow, fast = max(compute, memory), min(compute, memory)
    return {
        "compute_ms": compute,
        "memory_ms": memory,
        "bottleneck": "Memory" if memory > compute else "Compute",
        "ratio": slow / fast if fast else float("inf"),
        "intensity": formulas.arithmetic_intensity(ops, model_bytes).m_as("flop/byte"),
    }


def model_memory(params, bytes_per_param, unit=ureg.MB):
    """Size of the weights as a number of ``unit``."""
    return formulas.model_memory(params, bytes_per_param).m_as(unit)


def calc_ring_allreduce_time(message_bytes, n_gpus, bandwidth_bytes_s, latency_s):
    return formulas.ring_all_reduce_time(message_bytes, n_gpus, bandwidth_bytes_s, latency_s)


def calc_tree_allreduce_time(message_bytes, n_gpus, bandwidth_bytes_s, latency_s):
    """Two trees in pieces; under the original's ``communication``, one tree that passes whole messages."""
    law = formulas.original_tree_all_reduce_time if _original("communication") else formulas.tree_all_reduce_time
    return law(message_bytes, n_gpus, bandwidth_bytes_s, latency_s)


def calc_all_to_all_time(message_bytes, n_gpus, bandwidth_bytes_s, latency_s):
    return formulas.all_to_all_time(message_bytes, n_gpus, bandwidth_bytes_s, latency_s)


def calc_hierarchical_allreduce_time(
    message_bytes, n_nodes, gpus_per_node, intra_node_bw, inter_node_bw,
    intra_node_lat=Q_(500, "ns"), inter_node_lat=Q_(5, "us"),
):  # fmt: skip
    """Reduce-scatter inside, all-reduce between, all-gather inside; under the original's ``communication``, a whole
    all-reduce inside, twice."""
    original = _original("communication")
    law = formulas.original_hierarchical_all_reduce_time if original else formulas.hierarchical_all_reduce_time
    return law(message_bytes, gpus_per_node, n_nodes, intra_node_bw, intra_node_lat, inter_node_bw, inter_node_lat)


def calc_transformer_training_flops(n_params, n_tokens):
    return formulas.training_work(n_params, n_tokens)


def calc_activation_memory(
    n_layers, seq_len, batch_size, hidden_dim, n_heads=None, precision_bytes=1, strategy="selective"
):
    """Activations kept for the backward pass: everything (``none``, needs ``n_heads``), all but attention scores
    (``selective``), the input of each layer (``full``). The original keeps 34, 10 or 2 elements for each of a layer's input."""
    if strategy not in ("none", "selective", "full"):
        raise InputError(f"strategy: {strategy!r} is not one of none, selective, full")
    element, tokens = _in(precision_bytes, "byte"), seq_len * batch_size
    if _original("footprint"):
        kept = {"none": 34, "selective": 10, "full": 2}[strategy]
        return formulas.original_kept_activations(tokens, hidden_dim, n_layers, kept, element)
    kept = formulas.kept_activations(tokens, hidden_dim, n_layers, element, 1 if strategy == "full" else 17)
    if strategy != "none":
        return kept
    if n_heads is None:
        raise InputError("n_heads is missing: without recomputation the scores of every head are kept")
    return kept + formulas.attention_score_activations(tokens, seq_len, n_heads, n_layers, element)


def calc_young_daly_interval(checkpoint_cost_s, mtbf_s):
    """Young's interval (``formulas.daly_interval`` is to a higher order)."""
    return formulas.young_interval(checkpoint_cost_s, mtbf_s)


def calc_mtbf_cluster(component_mtbf_hours, n_components, correlation_factor=1.0):
    return formulas.series_mtbf(_in(component_mtbf_hours, "hour"), n_components, correlation_factor).to("hour")


def calc_mtbf_node(gpu_mtbf_h, n_gpus, nic_mtbf_h, n_nics, psu_mtbf_h, n_psus, other_mtbf_h=None, n_other=0):
    hours = [_in(mtbf, "hour") for mtbf in (gpu_mtbf_h, nic_mtbf_h, psu_mtbf_h)]
    other = (0, Q_(1, "hour")) if other_mtbf_h is None else (n_other, _in(other_mtbf_h, "hour"))
    return formulas.node_mtbf(n_gpus, hours[0], n_nics, hours[1], n_psus, hours[2], *other).to("hour")


def calc_pipeline_bubble(n_stages, n_microbatches, v_stages=1):
    return formulas.pipeline_bubble_share(n_stages, n_microbatches, v_stages)


def calc_checkpoint_size(n_params, bytes_per_param=14):
    return formulas.checkpoint_bytes(n_params, bytes_per_param)


def calc_kv_cache_size(
    n_layers, n_heads, head_dim, seq_len, batch_size, bytes_per_elem=2, kv_precision_bytes=None
):
    """``n_heads`` are those of keys and values. ``kv_precision_bytes``, where given, is the format of the cache."""
    element = bytes_per_elem if kv_precision_bytes is None else kv_precision_bytes
    return formulas.grouped_kv_cache_bytes(n_layers, n_heads, head_dim, seq_len, batch_size, element)


def calc_paged_kv_cache_size(n_layers, n_heads, head_dim, seq_len, batch_size, page_size_tokens=16, bytes_per_elem=2):
    """Bytes in whole pages, and the share of them that holds no tokens."""
    pages = formulas.paged_tokens(seq_len, page_size_tokens)
    size = formulas.grouped_kv_cache_bytes(n_layers, n_heads, head_dim, pages, batch_size, bytes_per_elem)
    return size, formulas.paged_waste(seq_len, page_size_tokens)


def calc_availability_stacked(single_availability, n_replicas):
    return formulas.replicated_availability(single_availability, n_replicas)


def calc_failure_probability(mtbf, job_duration):
    return formulas.failure_probability(_in(job_duration, "hour"), _in(mtbf, "hour"))


def calc_effective_flops(peak_flops, mfu, scaling_eff, goodput_ratio):
    return formulas.effective_rate(1.0, peak_flops, mfu, scaling_eff, goodput_ratio)


def calc_queue_latency_mmc(arrival_rate_hz, service_rate_hz, num_servers):
    """Utilisation, and the median and the 99th percentile of waiting."""
    queue = (arrival_rate_hz, service_rate_hz, num_servers)
    return formulas.server_utilisation(*queue), formulas.mmc_wait_50(*queue), formulas.mmc_wait_99(*queue)
