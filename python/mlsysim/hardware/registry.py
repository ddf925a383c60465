"""The original's path to the registry of devices and to its groups."""

from mlsysim.registry import Hardware

CloudHardware = Hardware.Cloud
WorkstationHardware = Hardware.Workstation
MobileHardware = Hardware.Mobile
EdgeHardware = Hardware.Edge
TinyHardware = Hardware.Tiny

__all__ = ["CloudHardware", "EdgeHardware", "Hardware", "MobileHardware", "TinyHardware", "WorkstationHardware"]
