"""Machines together: the registry ``Systems`` and the types of a fabric, a node and a fleet."""

from mlsysim.registry import Systems
from mlsysim.systems.types import DeploymentTier, Fleet, NetworkFabric, Node

__all__ = ["DeploymentTier", "Fleet", "NetworkFabric", "Node", "Systems"]
