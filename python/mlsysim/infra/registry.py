"""The original's path to the registry of places."""

from mlsysim.registry import Infra

Grids = Infra.Grids
Racks = Infra.Racks

__all__ = ["Grids", "Infra", "Racks"]
