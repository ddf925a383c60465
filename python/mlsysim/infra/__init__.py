"""Where machines stand: the registry ``Infra`` and the types of a grid, a rack and a data centre."""

from mlsysim.infra.types import Datacenter, GridProfile, RackProfile
from mlsysim.registry import Infra

Grids = Infra.Grids

__all__ = ["Datacenter", "GridProfile", "Grids", "Infra", "RackProfile"]
