"""The 22 walls: what can bind a system, in six domains, and which class answers for each."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Domain(str, enum.Enum):
    """Where a wall stands."""

    NODE = "node"
    DATA = "data"
    ALGORITHM = "algorithm"
    FLEET = "fleet"
    OPERATIONS = "operations"
    ANALYSIS = "analysis"


@dataclass(frozen=True)
class Wall:
    """One of the 22.

    number, name   from 1, in the order of the domains
    domain         where it stands
    resolver_name  the class that answers for it
    constraint     what binds, in a sentence
    equation       its headline; the class computes more than this
    sources        publications it rests on
    """

    number: int
    name: str
    domain: Domain
    resolver_name: str
    constraint: str
    equation: str
    sources: tuple[str, ...] = ()


def _walls(domain: Domain, first: int, *rows: tuple[str, str, str, str, str]) -> list[Wall]:
    return [
        Wall(first + i, name, domain, resolver, constraint, equation, tuple(filter(None, source.split("; "))))
        for i, (name, resolver, constraint, equation, source) in enumerate(rows)
    ]


ALL_WALLS: tuple[Wall, ...] = (
    *_walls(
        Domain.NODE, 1,
        ("Compute", "SingleNodeModel", "Arithmetic runs no faster than the peak of the device.", "T = OPs / (Peak × η)", "williams2009roofline"),
        ("Memory", "SingleNodeModel", "Bytes move no faster than the memory, and must fit it.", "T = |W| / BW_HBM", "williams2009roofline"),
        ("Software", "EfficiencyModel", "Kernels reach a share of the peak.", "η = FLOPS_achieved / FLOPS_peak", ""),
        ("Serving", "ServingModel", "Prefill is bound by arithmetic, decoding by memory.", "TTFT = OPs_prefill / Peak; ITL = |W| / BW_HBM", "pope2023scaling"),
        ("Batching", "ContinuousBatchingModel", "How many requests share a step is decided by their caches.", "KV_paged = 2 × L × H × D × ⌈S/p⌉ × p × B × b", "kwon2023paged"),
        ("Streaming", "WeightStreamingModel", "Weights that do not stay on the device arrive no faster than its link.", "T_layer = max(|W|/BW_inject, 2|W|B / (Peak × η))", ""),
        ("Tail Latency", "TailLatencyModel", "Waiting grows without bound as servers fill up.", "Erlang-C M/M/c queueing model", "erlang1917"),
    ),
    *_walls(
        Domain.DATA, 8,
        ("Ingestion", "DataModel", "Samples are needed no faster than storage delivers them.", "ρ = BW_demand / BW_supply", ""),
        ("Transformation", "TransformationModel", "Samples are prepared no faster than the host can.", "T = B · S / C_throughput", ""),
        ("Locality", "TopologyModel", "Of a link's bandwidth, the shape of the network leaves a share.", "BW_eff = BW_link · β / oversubscription", "dally2004interconnection"),
    ),
    *_walls(
        Domain.ALGORITHM, 11,
        ("Complexity", "ScalingModel", "A budget of arithmetic has one best size of network.", "C = 6PD; P* = √(C/120)", "hoffmann2022training"),
        ("Reasoning", "InferenceScalingModel", "Thinking longer is decoding longer.", "T = TTFT + K × tokens × ITL", ""),
        ("Fidelity", "CompressionModel", "Fewer bits and weights cost accuracy.", "r = 32/b (quantization); r = 1/(1-s) (pruning)", "krishnamoorthi2018quantizing"),
    ),
    *_walls(
        Domain.FLEET, 14,
        ("Communication", "DistributedModel", "Devices that work together wait for each other's messages.", "T = 2(N-1)/N · M/β + 2(N-1)α", "thakur2005collectives"),
        ("Fragility", "ReliabilityModel", "The more parts, the sooner one fails.", "MTBF_cluster = MTBF_node / N", "young1974first; daly2006higher"),
        ("Multi-tenant", "OrchestrationModel", "Jobs wait for a cluster that others use.", "W = ρ / (2μ(1-ρ))", "gross2018queueing"),
    ),
    *_walls(
        Domain.OPERATIONS, 17,
        ("Capital", "EconomicsModel", "Machines are paid for whether they work or not.", "TCO = CapEx + OpEx", "barroso2019datacenter"),
        ("Sustainability", "SustainabilityModel", "Energy becomes carbon at the rate of the grid.", "C = E × PUE × CI", "ghgprotocol2015scope2"),
        ("Checkpoint", "CheckpointModel", "State is saved no faster than storage writes.", "T_write = |state| / BW_storage", ""),
        ("Safety", "ResponsibleEngineeringModel", "Privacy and fairness are paid for in steps and samples.", "σ ∝ 1/ε (DP-SGD slowdown)", ""),
    ),
    *_walls(
        Domain.ANALYSIS, 21,
        ("Sensitivity", "SensitivitySolver", "Only the figure that binds is worth improving.", "∂T/∂xᵢ (binding constraint)", ""),
        ("Synthesis", "SynthesisSolver", "A deadline says what hardware must be.", "BW_req = |W| / T_target", ""),
    ),
)  # fmt: skip


#: Each wall also as a name: ``SERVING``, ``TAIL_LATENCY``; ``ETHICS`` is the original's older name of ``SAFETY``.
globals().update({one.name.upper().replace(" ", "_").replace("-", "_"): one for one in ALL_WALLS})
ETHICS = ALL_WALLS[19]


def wall(number: int) -> Wall:
    """The wall of that number, 1 to 22. Raises KeyError."""
    for one in ALL_WALLS:
        if one.number == number:
            return one
    raise KeyError(number)


def walls_for_resolver(name: str) -> list[Wall]:
    """The walls that a class answers for, by its name; none where it joins several."""
    return [one for one in ALL_WALLS if one.resolver_name == name]


def walls_in_domain(domain: Domain | str) -> list[Wall]:
    """The walls of a domain. Raises ValueError for a word that is none."""
    return [one for one in ALL_WALLS if one.domain is Domain(domain)]


def taxonomy() -> str:
    """The 22 as text, by domain: number, name, class, equation."""
    lines = []
    for at, domain in enumerate(Domain, 1):
        lines += ["", f"Domain {at}: {domain.value.capitalize()}"]
        lines += [f"  {one.number:>2}  {one.name:<15} {one.resolver_name:<28} {one.equation}" for one in walls_in_domain(domain)]
    return "\n".join(lines[1:])
