"""Networks from the ``config.json`` that a Hugging Face repository carries beside its weights. Nothing is fetched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlsysim.errors import DataError


def _file(model_id: str) -> Path:
    path = Path(str(model_id).removeprefix("hf://"))
    if path.is_dir():
        path /= "config.json"
    if not path.is_file():
        raise DataError(
            f"{model_id}: no such file, and nothing is fetched from the network. Download config.json from "
            f"https://huggingface.co/{str(model_id).removeprefix('hf://')} and pass its path, or its folder"
        )
    return path


def fetch_hf_config(model_id: str, max_retries: int = 3, timeout: int = 10) -> dict[str, Any]:
    """The file as a dictionary. ``max_retries`` and ``timeout`` are there for code that passes them. Raises DataError."""
    path = _file(model_id)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None


def import_hf_model(model_id: str, name: str | None = None) -> Any:
    """A model from a ``config.json``, its folder, or the text "hf://" and either.

    Parameters are counted from the shape, with what the family has (gated feed-forward, tied embeddings, experts, latent
    attention). Raises DataError where there is no such file or it can't be read.
    """
    from mlsysim.registry import Models

    model = Models[str(_file(model_id))]
    return model if name is None else model.model_copy(update={"name": name})
