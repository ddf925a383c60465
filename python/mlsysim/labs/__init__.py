"""What a reader of the course keeps between its exercises. Its notebooks' widgets need marimo and are not carried."""

from mlsysim.labs.state import DesignLedger, LedgerState

__all__ = ["DesignLedger", "LedgerState"]
