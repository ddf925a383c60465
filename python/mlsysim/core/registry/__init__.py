"""Registries: the base of the catalog's, and those that installed packages add to."""

from mlsysim.core.registry.plugin_manager import Registry as PluginRegistry
from mlsysim.core.registry.plugin_manager import (
    constants_registry,
    hardware_registry,
    model_registry,
    solver_registry,
)
from mlsysim.registry import Registry

__all__ = ["PluginRegistry", "Registry", "constants_registry", "hardware_registry", "model_registry", "solver_registry"]
