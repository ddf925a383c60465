"""Walls 1 and 2 under the names that the original's documents use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlsysim.answer import Answer, _spilling
from mlsysim.errors import OOMError
from mlsysim.walls import ask, classes, warn_ignored

# The default of `precision`, told apart from a "fp16" that was given: weights of a file are taken as stored unless one is.
_unstated = "".join(("fp", "16"))


class PerformanceProfile(Answer):
    """One step of a model on a device; see ``SingleNodeModel`` for each result."""

    __slots__ = ()

    @property
    def energy_per_inference(self) -> Any:
        """Energy of one sequence or sample of the batch [J]."""
        return self.energy / (self.throughput * self.latency).to_base_units().magnitude

    offload_effective_bw = property(_spilling, doc=_spilling.__doc__)

    def summary(self) -> str:
        """The headline in a few lines."""
        r = self._result
        fits = "fits" if self.feasible else "does not fit"
        return (
            f"Bottleneck: {self.bottleneck} ({self.margin:.3g}x), latency {r.shown('latency')}\n"
            f"throughput {r.shown('throughput')}, MFU {100 * self.mfu:.3g} %, energy {r.shown('energy')}\n"
            f"memory {r.shown('memory_footprint')} of {r.shown('memory_available')}: {fits}"
        )


class Engine:
    """The roofline of one step on one device."""

    @staticmethod
    def solve(
        model: Any,
        hardware: Any,
        batch_size: int = 1,
        precision: str = _unstated,
        efficiency: float = 0.5,
        raise_errors: bool = False,
        is_training: bool = False,
        seq_len: int | None = None,
        zero_stage: int = 0,
        dp_size: int = 1,
        is_lora: bool = False,
        activation_recomputation: bool = False,
        *,
        assumptions: str | None = None,
        **figures: Any,
    ) -> PerformanceProfile:
        """One forward step of a batch, or one training step.

        model, hardware           an object of ``Models`` and ``Hardware``, a name, or a file
        batch_size                sequences or samples, a whole number, at least 1
        precision                 fp64 fp32 tf32 fp16 bf16 fp8 mxfp8 fp6 mxfp6 fp4 mxfp4 nvfp4 int8 int4
        efficiency                share of the compute peak that kernels reach (eta), 1e-9 to 1
        raise_errors              raise OOMError where the answer is "does not fit"
        is_training               forward, backward and optimizer
        seq_len                   tokens of each sequence; not stated: an empty cache in inference, 2048 in training
        zero_stage, dp_size       ZeRO stage 0 to 3 over so many data-parallel devices
        is_lora                   train rank-16 adapters (``lora_rank=``) on frozen weights
        activation_recomputation  recompute activations in the backward pass
        figures                   any other argument or figure by its path, such as kv_precision="fp8" or
                                  **{"hardware.memory.bandwidth": "8 TB/s"}

        Raises InputError (a ValueError) for a value out of range or a figure that the device does not state, LookupError for
        an unknown name, OOMError if asked to. "Does not fit" is otherwise an answer: ``feasible`` is False.
        """
        arguments = {"model": model, "hardware": hardware}
        # Only what differs from the default is given: an argument that was given and does not count is worth a warning.
        if type(batch_size) is not int or batch_size != 1:
            arguments["batch_size"] = batch_size
        if precision is not _unstated:
            arguments["precision"] = precision
        if type(efficiency) is not float or efficiency != 0.5:
            arguments["efficiency"] = efficiency
        if is_training:
            arguments["is_training"] = is_training
        if seq_len is not None:
            arguments["seq_len"] = seq_len
        if zero_stage:
            arguments["zero_stage"] = zero_stage
        if dp_size != 1:
            arguments["dp_size"] = dp_size
        if is_lora:
            arguments["is_lora"] = is_lora
        if activation_recomputation:
            arguments["activation_recomputation"] = activation_recomputation
        if figures:
            arguments.update(figures)
        result = ask("single-node", arguments, assumptions)
        warn_ignored(result)
        profile = PerformanceProfile(result)
        if raise_errors and not profile.feasible:
            raise OOMError(
                f"needs {result.shown('memory_footprint')}, there are {result.shown('memory_available')}",
                profile.memory_footprint,
                profile.memory_available,
            )
        return profile

    @staticmethod
    def sweep(
        model: Any,
        hardware_list: Iterable[Any],
        batch_sizes: Iterable[int] = (1,),
        precisions: Iterable[str] = (_unstated,),
        efficiency: float = 0.5,
        **arguments: Any,
    ) -> list[dict[str, Any]]:
        """Every combination, one row each: hardware (its name), batch_size, precision, profile. Infeasible rows are kept, marked
        by ``profile.feasible``; ``mlsysim.sweep`` gives columns instead, a million times faster."""
        batch_sizes, precisions = list(batch_sizes), list(precisions)
        return [
            {
                "hardware": getattr(hardware, "name", hardware),
                "batch_size": batch_size,
                "precision": precision,
                "profile": Engine.solve(model, hardware, batch_size, precision, efficiency, **arguments),
            }
            for hardware in hardware_list
            for batch_size in batch_sizes
            for precision in precisions
        ]


SingleNodeModel = classes["SingleNodeModel"]
SingleNodeModel.answer = PerformanceProfile
