"""Devices: the registry ``Hardware`` and the types that a device is built from."""

from mlsysim.hardware.types import (
    ComputeCore,
    HardwareNode,
    IOInterconnect,
    MemoryHierarchy,
    StorageHierarchy,
)
from mlsysim.registry import Hardware

__all__ = ["ComputeCore", "Hardware", "HardwareNode", "IOInterconnect", "MemoryHierarchy", "StorageHierarchy"]
