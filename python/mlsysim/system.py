"""A whole system on three levels: does it fit, how fast is it, what does running it take."""

from __future__ import annotations

import json
from typing import Any

from mlsysim import _core
from mlsysim.answer import Answer
from mlsysim.assumptions import in_force
from mlsysim.core.evaluation import EvaluationLevel, SystemEvaluation
from mlsysim.entities import entity
from mlsysim.quantity import from_python

_LEVELS = {"f": "Feasibility", "p": "Performance", "m": "Macro"}
_TOTALS = (("cost", "tco"), ("carbon", "carbon_footprint"), ("energy", "energy"))
_LAYOUT = ("tp_size", "tp", "pp_size", "pp", "ep_size", "ep", "microbatch_count", "microbatches", "zero_stage",
           "activation_recomputation")  # fmt: skip


class SolvedEvaluation(SystemEvaluation):
    """What became of a system that the core was asked for. ``answer`` has every figure, its derivation and its sources.

    assertions  of a plan: metric, value, limits, met, by how much
    """

    def __init__(self, name: str, result: Any, assertions: list[dict[str, Any]] | None = None, macro: Any = None):
        self.answer, self.assertions = Answer(result), assertions or []
        self._card = json.loads(result.scorecard(name))
        macro = macro or result
        self._card |= {key: value for key, value in json.loads(macro.scorecard(name)).items() if key.startswith("m_")}
        used, room = result.shown("feasibility.memory_used"), result.shown("feasibility.memory_available")
        step, rate = result.shown("performance.latency"), result.shown("performance.fleet_throughput")
        mfu = 100 * self.answer.value("performance.mfu")
        totals = [f"{name} {macro.shown('macro.' + path)}" for name, path in _TOTALS]
        counted = self._card["m_status"] != "SKIPPED"
        super().__init__(
            name,
            self._level("f", f"memory {used} of {room}"),
            self._level("p", f"step {step}, {rate}, MFU {mfu:.3g} %"),
            self._level("m", ", ".join(totals) if counted else "no fleet or no time was named"),
        )

    def _level(self, letter: str, summary: str) -> EvaluationLevel:
        own = {key[2:]: value for key, value in self._card.items() if key.startswith(letter + "_")}
        metrics = {key: value for key, value in own.items() if key != "status"}
        return EvaluationLevel(_LEVELS[letter], self._card[letter + "_status"], summary, metrics)

    @property
    def passed_all(self) -> bool:
        """No level failed and every assertion is met; a level that was skipped does not count."""
        return super().passed_all and all(one["met"] for one in self.assertions)

    def to_dict(self) -> dict[str, Any]:
        """The flat record: f_, p_ and m_ figures; times in ms, carbon in t, money in USD."""
        return dict(self._card)

    def _lines(self) -> list[str]:
        asserted = [(("met" if one["met"] else "NOT MET"), one["metric"], one["value"]) for one in self.assertions]
        return [*super()._lines(), *(f"assert       {met:<8} {metric} = {value:.4g}" for met, metric, value in asserted)]


class SystemEvaluator:
    """A model on devices, alone or as a fleet, in a region for a time."""

    @staticmethod
    def evaluate(
        scenario_name: str,
        model_obj: Any,
        hardware_obj: Any,
        batch_size: int = 1,
        precision: str = "fp16",
        efficiency: float = 0.5,
        fleet_obj: Any = None,
        nodes: int = 1,
        duration_days: float | None = None,
        *,
        assumptions: str | None = None,
        **arguments: Any,
    ) -> SystemEvaluation:
        """One device answers; with ``nodes`` above 1, a fleet trains.

        model_obj, hardware_obj  objects of ``Models`` and ``Hardware``, names, or files
        fleet_obj                a fleet: the machines that train and that time is counted for; None: ``nodes`` devices
        nodes                    accelerators; above 1 a training step over the fleet is answered for
        duration_days            time of use; None: energy, carbon and cost are left out
        arguments                others of ``SystemModel``: grid=, seq_len=, tp_size=, zero_stage=…

        The layout of training is the fastest that fits unless one is stated (tp_size=…); the original takes nodes for it.
        Raises InputError, DataError or LookupError.
        """
        chosen = in_force(assumptions)
        original = chosen == "mlsysim-0.1"
        asked = {"model": model_obj, "batch_size": batch_size, "precision": precision, "efficiency": efficiency}
        asked |= arguments

        def answer(fleet: Any, days: float | None, **more: Any) -> Any:
            costs = {"performance_only": True} if days is None else {"duration_days": days}
            question = {"fleet": fleet, **costs, **more, **asked}
            stated = not more or any(name in question for name in _LAYOUT)
            return _core.solve_system(question, stated, chosen, from_python)

        if nodes > 1 and (fleet_obj is not None or not original):
            machines = fleet_obj if fleet_obj is not None else devices(hardware_obj, nodes, chosen)
            how = {"tp_size": nodes} if original else {"overlap_comm": True}
            return SolvedEvaluation(scenario_name, answer(machines, duration_days, is_training=True, **how))
        if fleet_obj is None:
            days = None if original else duration_days
            return SolvedEvaluation(scenario_name, answer(devices(hardware_obj, 1, chosen), days))
        # One device answers, and the time is that of the fleet.
        macro = None if duration_days is None else answer(fleet_obj, duration_days)
        return SolvedEvaluation(scenario_name, answer(devices(hardware_obj, 1, chosen), None), macro=macro)

    @staticmethod
    def evaluate_plan(path: str, *, assumptions: str | None = None) -> SystemEvaluation:
        """A plan file as ``mlsysim eval`` reads it. Raises DataError with file:line:column."""
        result, name, assertions = _core.solve_plan(str(path), in_force(assumptions))
        return SolvedEvaluation(name, result, json.loads(assertions))


def devices(hardware: Any, count: float, chosen: str = "") -> Any:
    """So many of a device, as a fleet: in the nodes that the catalog has it in, joined by InfiniBand NDR."""
    row = getattr(hardware, "_row", None)
    row = _core.find("accelerator", hardware, chosen) if row is None else row
    return entity(_core.fleet_of(row, count, chosen))
