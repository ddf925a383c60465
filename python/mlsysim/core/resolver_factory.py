"""The original's path to ``ResolverFactory``."""

from mlsysim.core.resolvers import ResolverFactory

__all__ = ["ResolverFactory"]
