"""Why one performance profile differs from another, in words."""

from __future__ import annotations

from typing import Any

from mlsysim.analysis import Difference
from mlsysim.answer import Answer


class DifferentialExplainer:
    """Compares two answers of the same wall."""

    @staticmethod
    def compare_performance(baseline: Any, proposal: Any) -> str:
        """The speed-up of ``proposal`` over ``baseline``, the regime of each, and what each changed figure contributes.

        baseline, proposal  answers of ``Engine.solve``; any objects with ``latency`` and ``bottleneck`` get the headline
        """
        speedup = float((baseline.latency / proposal.latency).to_base_units().magnitude)
        text = (
            f"Proposal against baseline\n• Speedup: {speedup:.2f}x\n"
            f"• Baseline Regime: {baseline.bottleneck}\n• Proposal Regime: {proposal.bottleneck}\n"
        )
        if speedup < 1:
            text += "\nThe proposal has decreased performance.\n"
        if not (isinstance(baseline, Answer) and isinstance(proposal, Answer)):
            return text
        text += "\n" + _regimes(baseline, proposal) + "\n"
        parts = baseline.why(proposal, "latency").parts
        if not parts:
            return text + "Nothing that differs between them enters the latency.\n"
        for part in parts:
            text += f"  {part.name}, {part.before} to {part.after}: {part.difference.to('ms'):+.4g~P}"
            text += f", {1 / part.factor:.3f}x as fast\n" if part.factor else "\n"
        return text

    @staticmethod
    def explain(baseline: Answer, proposal: Answer, result: str = "latency") -> Difference:
        """The same for any result of any wall: parts that sum to its change."""
        return baseline.why(proposal, result)


def _regimes(baseline: Answer, proposal: Answer) -> str:
    before, after = baseline.bottleneck.lower(), proposal.bottleneck.lower()
    if before != after:
        return f"It was {before}-bound and has become {after}-bound: past that turn, more of what bound it before gains nothing."
    idle = "bandwidth" if before == "compute" else "arithmetic"
    return f"Both are {before}-bound, so that what they differ by in {idle} does not show. What does:"
