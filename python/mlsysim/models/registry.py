"""The original's path to the registry of networks and to its groups."""

from mlsysim.registry import Models

LanguageModels = Models.Language
VisionModels = Models.Vision
TinyModels = Models.Tiny
RecommendationModels = Models.Recommendation
StateSpaceModels = Models.StateSpace
GenerativeVisionModels = Models.GenerativeVision

__all__ = [
    "GenerativeVisionModels", "LanguageModels", "Models", "RecommendationModels", "StateSpaceModels", "TinyModels", "VisionModels",
]  # fmt: skip
