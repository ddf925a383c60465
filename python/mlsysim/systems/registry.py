"""The original's path to the registry of machines."""

from mlsysim.registry import Systems

Tiers = Systems.Tiers
Nodes = Systems.Nodes
Fabrics = Systems.Fabrics
Clusters = Systems.Clusters

__all__ = ["Clusters", "Fabrics", "Nodes", "Systems", "Tiers"]
