"""Decisions kept in a file from one chapter to the next."""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from mlsysim.errors import DataError


@dataclasses.dataclass
class LedgerState:
    """track  which course is taken; current_chapter; history  designs by chapter; last_updated  ISO 8601"""

    track: str | None = None
    current_chapter: int = 0
    history: dict[int, dict[str, Any]] = dataclasses.field(default_factory=dict)
    last_updated: str = ""


def _history(recorded: Any) -> dict[int, dict[str, Any]]:
    """Designs by chapter; older files have a list of ``{"chapter": …, "design": …}``."""
    if isinstance(recorded, list):
        return {int(entry.get("chapter", 0)): entry.get("design", {}) for entry in recorded}
    return {int(key) if str(key).isdigit() else key: value for key, value in recorded.items()}


class DesignLedger:
    """Decisions of one reader.

    path  the file; else ``$MLSYSIM_LEDGER``, else ``~/.mlsys/ledger.json``. It is written by ``save`` and by nothing else.

    Raises DataError for a file that is no ledger.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None):
        chosen = path or os.environ.get("MLSYSIM_LEDGER")
        self.file_path = Path(chosen) if chosen else Path.home() / ".mlsys" / "ledger.json"
        self._state = LedgerState()
        self.load()

    @property
    def config_dir(self) -> Path:
        return self.file_path.parent

    @property
    def is_wasm(self) -> bool:
        """Whether this Python runs in a browser, where a file does not outlive the page."""
        import sys

        return sys.platform == "emscripten"

    def load(self) -> LedgerState:
        """Reads the file again; what is in memory stands where there is none."""
        if self.file_path.exists():
            try:
                recorded = json.loads(self.file_path.read_text(encoding="utf-8"))
                recorded["history"] = _history(recorded.get("history", {}))
                self._state = LedgerState(**recorded)
            except (OSError, ValueError, TypeError, AttributeError) as error:
                raise DataError(f"{self.file_path}: no ledger: {error}") from None
        return self._state

    async def load_async(self) -> LedgerState:
        """``load``, for notebooks that wait for it."""
        return self.load()

    def save(self, track: str | None = None, chapter: int | None = None, design: dict[str, Any] | None = None) -> None:
        """Keeps a decision: of ``chapter``, else of the current one. Writes the whole file, then puts it in place."""
        if track:
            self._state.track = track
        if chapter is not None:
            self._state.current_chapter = chapter
        if design:
            self._state.history[self._state.current_chapter] = design
        self._state.last_updated = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self.config_dir.mkdir(parents=True, exist_ok=True)
        beside = self.file_path.with_suffix(".new")
        beside.write_text(json.dumps(dataclasses.asdict(self._state), indent=2), encoding="utf-8")
        beside.replace(self.file_path)

    async def save_async(self) -> None:
        """``save`` without a new decision, for notebooks that wait for it."""
        self.save()

    def get_design(self, chapter_id: int) -> dict[str, Any] | None:
        """The design of a chapter; None where none was saved."""
        return self._state.history.get(chapter_id)

    def get_track(self) -> str:
        return self._state.track or "NONE"

    def get_baseline(self, chapter_id: int) -> dict[str, Any]:
        """A design to start a chapter from: empty, as in the original."""
        return {}

    def __repr__(self) -> str:
        return f"DesignLedger(track={self._state.track}, chapter={self._state.current_chapter}, file={self.file_path})"
