"""Fabrics, nodes and fleets."""

from __future__ import annotations

import dataclasses
from typing import Any

from mlsysim import assumptions
from mlsysim.entities import Entity, entity
from mlsysim.errors import InputError
from mlsysim.quantity import from_python, to_quantity


def _held(whole: Entity, prefix: str, kind: str) -> Any:
    """An entry inside another: the object that the constructor was given, else what the figures are those of."""
    return whole._said.get(prefix) or entity(whole._row.part(prefix, kind, assumptions.in_force()))


@dataclasses.dataclass(frozen=True)
class DeploymentTier:
    """A class of machines: what it has of memory and storage [byte], and how soon it must answer [s]."""

    name: str
    ram: Any
    storage: Any
    typical_latency_budget: Any


class NetworkFabric(Entity):
    """What joins nodes.

    topology    fat_tree, rail_optimised, dragonfly, torus_3d, torus_2d, ring, mesh or full_mesh ("-" and "_" are the same)
    bandwidth   of one port, one direction [byte/s]
    latency     of one message between two nodes [s]; 5 us, the original's preset and that of InfiniBand
    oversubscription_ratio   bandwidth below a leaf switch over that above it, at least 1
    switch_ports             of one switch; the tiers and distances of a fat tree need it
    """

    __slots__ = ()
    _kind = "fabric"
    _names = {"bandwidth": "bandwidth_one_way", "oversubscription_ratio": "oversubscription"}

    def __init__(
        self,
        name: str,
        topology: str = "fat-tree",
        bandwidth: Any = None,
        latency: Any = "5 us",
        oversubscription_ratio: float = 1.0,
        metadata: Any = None,
        switch_ports: int | None = None,
    ):
        if bandwidth is None:
            raise InputError(f"{name}: bandwidth is missing: of one port, one direction")
        self._build(name, {"topology": topology, "bandwidth": bandwidth, "latency": "5 us" if latency is None else latency,
                           "oversubscription_ratio": oversubscription_ratio, "switch_ports": switch_ports, "metadata": metadata})

    @classmethod
    def _read(cls, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        if isinstance(topology := given.get("topology"), str):
            word = topology.lower().replace("-", "_").replace("rail_optimized", "rail_optimised")
            word = "torus_3d" if word == "torus" else word
            given = {**given, "topology": word}
        return super()._read(given)


class Node(Entity):
    """A machine that holds accelerators.

    accelerator     a HardwareNode
    accelerators_per_node
    intra_node_bw   of the links of one device inside the node, both directions together [byte/s]; the device's own where it is
                    not stated
    nics_per_node, psus_per_node
    host_power      power limit of all but the accelerators [W]
    """

    __slots__ = ()
    _kind = "node"
    _names = {"accelerators_per_node": "accelerators", "nics_per_node": "nics", "psus_per_node": "power_supplies"}

    def __init__(
        self,
        name: str,
        accelerator: Entity,
        accelerators_per_node: int,
        intra_node_bw: Any = None,
        nics_per_node: int = 1,
        psus_per_node: int = 2,
        host_power: Any = None,
        metadata: Any = None,
    ):
        given = {"accelerators_per_node": accelerators_per_node, "nics_per_node": nics_per_node, "psus_per_node": psus_per_node,
                 "host_power": host_power, "metadata": metadata}
        if intra_node_bw is not None:
            given["intra_node_bw"] = intra_node_bw
        self._build(name, given, {"accelerator": accelerator})

    @classmethod
    def _read(cls, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        given, figures = dict(given), {}
        if (both_ways := given.pop("intra_node_bw", None)) is not None:
            base, dimension = _bandwidth(both_ways)
            if dimension != "byte/s":
                raise InputError(f"intra_node_bw = {both_ways} is not a bandwidth, such as '900 GB/s'")
            figures["accelerator.scale_up.bandwidth_one_way"] = to_quantity(base / 2, "B/s")
        rest, said = super()._read(given)
        return figures | rest, said

    @property
    def accelerator(self) -> Any:
        return _held(self, "accelerator", "accelerator")

    @property
    def intra_node_bw(self) -> Any:
        """Of the links of one device, both directions together, as vendors state it; the catalog keeps one direction."""
        one_way = self._look_up("accelerator.scale_up.bandwidth_one_way")
        return None if one_way is None else 2 * one_way


def _bandwidth(value: Any) -> tuple[float, str]:
    from mlsysim import _core

    return (_core.parse(value) or (0.0, "")) if isinstance(value, str) else from_python(value)


class Fleet(Entity):
    """Nodes and what joins them.

    node, fabric    a Node and a NetworkFabric
    count           nodes
    region          a GridProfile: where it stands, for every question that does not say otherwise
    datacenter      the same, a Datacenter
    mtbf_hours      time between failures of the whole fleet, where it is known: a quantity, or hours
    """

    __slots__ = ()
    _kind = "fleet"
    _names = {"count": "nodes"}

    def __init__(
        self,
        name: str,
        node: Entity,
        count: int,
        fabric: Entity,
        region: Entity | None = None,
        datacenter: Entity | None = None,
        mtbf_hours: Any = None,
        metadata: Any = None,
    ):
        self._build(name, {"count": count, "metadata": metadata}, {"node": node, "fabric": fabric})
        for place, entry in (("region", region), ("datacenter", datacenter), ("mtbf_hours", mtbf_hours)):
            if entry is not None:
                self._said[place] = entry

    @property
    def node(self) -> Any:
        return _held(self, "node", "node")

    @property
    def fabric(self) -> Any:
        return _held(self, "fabric", "fabric")

    @property
    def region(self) -> Any:
        return self._said.get("region")

    @property
    def datacenter(self) -> Any:
        return self._said.get("datacenter")

    @property
    def mtbf_hours(self) -> Any:
        """What a constructor was told; ``ReliabilityModel`` takes it where it is not asked otherwise."""
        return self._said.get("mtbf_hours")

    @property
    def total_accelerators(self) -> int:
        return self.count * self._look_up("node.accelerators")

    @property
    def effective_pue(self) -> float:
        """That of the place it stands in; of the average grid where none is stated."""
        from mlsysim.registry import Infra

        return (self.datacenter or self.region or Infra.US_Avg).pue
