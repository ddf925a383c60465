"""Fleets as recorded calls spell them: a path of the registry, or a node and a fabric written out."""

from __future__ import annotations

from typing import Any

from parity import registry

import mlsysim
from mlsysim import _core

SET = "mlsysim-0.1"
SCALE = {"GB/s": 1e9, "Gbps": 1e9 / 8, "us": 1e-6}


def _base(figure: dict[str, Any]) -> float:
    return figure["value"] * SCALE[figure["unit"]]


def _figures(kind: str, path: str) -> dict[str, float]:
    """What an entry states under the original's assumptions, in base units."""
    row = registry(path)._row
    found = {}
    for field in _core.entry_fields(kind):
        value = row.figure(field["path"], SET)["value"] if field["kind"] != "choice" else None
        if value is not None and value == value:
            found[field["path"]] = value
    return found


def fleet(recorded: Any) -> Any:
    if isinstance(recorded, str):
        return registry(recorded)
    node, fabric = recorded["node"], recorded["fabric"]
    values = {f"node.accelerator.{path}": value for path, value in _figures("accelerator", node["accelerator"]).items()}
    # The original's figure counts both directions of the links inside a node.
    values["node.accelerator.scale_up.bandwidth_one_way"] = _base(node["intra_node_bw"]) / 2
    values["node.accelerators"] = float(node["accelerators_per_node"])
    values["nodes"] = float(recorded["count"])
    if isinstance(fabric, str):
        values |= {f"fabric.{path}": value for path, value in _figures("fabric", fabric).items()}
    else:
        values |= {"fabric.bandwidth_one_way": _base(fabric["bandwidth"]), "fabric.latency": _base(fabric["latency"]),
                   "fabric.oversubscription": fabric["oversubscription_ratio"]}
    return mlsysim.entities.entity(_core.make("fleet", recorded["name"], values, None))
