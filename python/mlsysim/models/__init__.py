"""Networks: the registry ``Models`` and the types that a network is built from."""

from mlsysim.models.importer import import_hf_model
from mlsysim.models.types import (
    CNNWorkload,
    ComputationGraph,
    DiffusionWorkload,
    SparseTransformerWorkload,
    SSMWorkload,
    TransformerWorkload,
    Workload,
)
from mlsysim.registry import Models

__all__ = [
    "CNNWorkload", "ComputationGraph", "DiffusionWorkload", "Models", "SSMWorkload", "SparseTransformerWorkload",
    "TransformerWorkload", "Workload", "import_hf_model",
]  # fmt: skip
