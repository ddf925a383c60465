"""Trained networks. Constructors take the original's arguments; what a network holds and computes is asked of the core."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from mlsysim.entities import Entity
from mlsysim.errors import InputError, nearest
from mlsysim.quantity import from_python, to_quantity

_WORDS = {"transformer": "transformer", "sparsetransformer": "mixture_of_experts", "moe": "mixture_of_experts",
          "mixtureofexperts": "mixture_of_experts", "ssm": "state_space", "statespace": "state_space", "mamba": "state_space",
          "hybrid": "hybrid", "cnn": "cnn", "diffusion": "diffusion", "dlrm": "recommendation",
          "recommendation": "recommendation", "mlp": "mlp"}
_FORMATS = {4.0: "fp32", 2.0: "fp16", 1.0: "int8", 0.5: "int4"}


def _architecture(word: str) -> str:
    plain = "".join(c for c in word.lower() if c.isalnum())
    if plain not in _WORDS:
        near = nearest(plain, _WORDS)
        raise InputError(f"architecture: {word!r} is not one of {', '.join(sorted(set(_WORDS.values())))}"
                         + (f"; did you mean {_WORDS[near]}?" if near else ""))
    return _WORDS[plain]


def _format(precision: Any) -> str:
    """A number format by its name, or by the bytes of an element."""
    if isinstance(precision, str):
        return precision
    size, dimension = from_python(precision)
    if dimension not in ("byte", "number") or size not in _FORMATS:
        raise InputError(f"precision = {precision} is neither the name of a number format nor 4, 2, 1 or 0.5 byte")
    return _FORMATS[size]


@dataclasses.dataclass(frozen=True)
class ComputationGraph:
    """What one forward pass asks of a device: operations, weights, and operations for each byte of weights."""

    name: str
    total_ops: Any
    parameter_count: float
    weight_bytes: Any
    arithmetic_intensity: Any
    layers: int | None


class Workload(Entity):
    """A trained network, by the figures that its cost depends on.

    name             what it is called
    architecture     transformer, mixture_of_experts, state_space, hybrid, cnn, diffusion, recommendation or mlp
    parameters       trained weights
    inference_flops  work of one forward pass over one sample [flop]; a language model that states none costs 2 flop a token
                     and active parameter
    model_size       bytes of weights, where no parameter count is stated [byte]
    figures          any other figure by its path

    Figures with a unit are quantities or text; one without its unit is an InputError.
    """

    __slots__ = ()
    _kind = "model"
    _names = {"active_experts_per_token": "experts_per_token"}
    _default_architecture = ""

    def __init__(self, name: str, architecture: str | None = None, *, metadata: Any = None, data_rate: Any = None, **figures: Any):
        word = architecture or self._default_architecture
        if not word:
            raise InputError(f"{name}: architecture is missing: one of {', '.join(sorted(set(_WORDS.values())))}")
        word = _architecture(word)
        given = {key: value for key, value in figures.items() if value is not None}
        given = {"architecture": word, **self._shape(word, given), **given}
        said = {"metadata": metadata, "data_rate": data_rate}
        self._build(name, given | {key: value for key, value in said.items() if value is not None})

    @classmethod
    def _read(cls, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        rest = dict(given)
        rate = rest.pop("data_rate", None)
        figures, said = super()._read(rest)
        return figures, said if rate is None else {**said, "data_rate": _rate(rate)}

    @property
    def inference_flops(self) -> Any:
        """Work of one forward pass: as stated, else 2 flop a token and active parameter of a language model; None without either."""
        stated = self._look_up("inference_flops")
        weights = self._look_up("active_parameters") or self._look_up("parameters")
        if stated is not None or weights is None or self._look_up("forward_unit") != "token":
            return stated
        return to_quantity(2.0 * weights.magnitude, "Gflop")

    @property
    def data_rate(self) -> Any:
        """Samples that it must be fed with [byte/s]; None where it was not told. No wall takes it from here but a scenario's."""
        return self._said.get("data_rate")

    def _shape(self, architecture: str, given: dict[str, Any]) -> dict[str, Any]:
        """Figures that follow from those that were given."""
        shape: dict[str, Any] = {}
        per_token = architecture in ("transformer", "mixture_of_experts", "state_space", "hybrid")
        if per_token and "inference_flops" in given:
            # A decoder that states its own 2 flop a parameter counts a token; any other figure is that of a whole sample.
            parameters = from_python(given.get("active_parameters", given.get("parameters", math.nan)))[0]
            per_token = math.isclose(_flop(given["inference_flops"]), 2 * parameters, rel_tol=0.01)
        shape["forward_unit"] = "token" if per_token else "sample"
        if "heads" in given and "hidden_dim" in given:
            heads, hidden = int(given["heads"]), int(given["hidden_dim"])
            head_dim = given.get("head_dim", hidden // heads)
            if "head_dim" not in given and hidden % heads:
                raise InputError(f"hidden_dim = {hidden} is not a multiple of heads = {heads}: state head_dim")
            kv_heads = given.get("kv_heads", heads)
            shape |= {"head_dim": head_dim, "kv_heads": kv_heads, "kv_elements": 2 * int(kv_heads) * int(head_dim)}
        return shape

    def _ask(self, **arguments: Any) -> Any:
        from mlsysim.answer import Answer
        from mlsysim.walls import ask

        return Answer(ask("footprint", {"model": self, **arguments}))

    @property
    def kv_bytes_per_token(self) -> Any:
        """Bytes that one token adds to a 16-bit cache, over the layers that keep every token [byte]."""
        layers = self._look_up("attention_layers")
        elements = self._look_up("kv_elements")
        return None if layers is None or elements is None else to_quantity(2.0 * layers * elements, "B")

    def size_in_bytes(self, precision: Any = "fp16") -> Any:
        """Bytes of the weights in a number format, given by name or by the bytes of an element."""
        if self._look_up("parameters") is None:
            return self._look_up("model_size")
        return self._ask(precision=_format(precision)).weight_bytes

    def lower(self, precision: Any = "fp16") -> ComputationGraph:
        """One forward pass of one token or sample. Raises InputError where neither work nor parameters are stated."""
        pass_ = self._ask(precision=_format(precision))
        return ComputationGraph(self.name, pass_.total_ops, pass_.parameter_count, pass_.weight_bytes, pass_.arithmetic_intensity,
                                self._look_up("layers"))


def _rate(value: Any) -> Any:
    from mlsysim.units import Q_

    rate = Q_(value) if isinstance(value, str) else value
    if from_python(rate)[1] != "byte/s":
        raise InputError(f"data_rate = {value} is not bytes a time, such as '19 TB/hour'")
    return rate


def _flop(value: Any) -> float:
    from mlsysim import _core

    base, _ = (_core.parse(value) or (math.nan, "")) if isinstance(value, str) else from_python(value)
    return base


class TransformerWorkload(Workload):
    """A transformer: ``layers``, ``hidden_dim``, ``heads``, ``kv_heads`` (not stated: as many as heads), ``training_ops``."""

    __slots__ = ()
    _default_architecture = "transformer"

    def get_kv_cache_size(self, seq_len: int, batch_size: int = 1, precision: Any = "fp16") -> Any:
        """Bytes of keys and values of a batch of sequences, each of `seq_len` tokens."""
        word = _format(precision)
        return self._ask(seq_len=seq_len, batch_size=batch_size, precision=word, kv_precision=word).kv_cache_size

    def training_memory(
        self,
        batch_size: int,
        seq_len: int,
        precision: str = "fp16",
        optimizer: str = "adam",
        strategy: str = "selective",
        zero_stage: int = 0,
        dp_size: int = 1,
        is_lora: bool = False,
        lora_rank: int = 16,
    ) -> Any:
        """Bytes that one of `dp_size` devices holds while training: weights, gradients, optimizer state and activations.

        optimizer  adam or sgd
        strategy   what the backward pass computes again: none, selective (attention) or full (all but the layers' inputs)
        zero_stage ZeRO: 1 shards optimizer state over the devices, 2 gradients too, 3 weights too
        """
        return self._ask(batch_size=batch_size, seq_len=seq_len, precision=precision, optimizer=optimizer, strategy=strategy,
                         zero_stage=zero_stage, dp_size=dp_size, is_lora=is_lora, lora_rank=lora_rank).training_memory


class SparseTransformerWorkload(TransformerWorkload):
    """A mixture of experts: ``active_parameters``, ``experts`` and ``active_experts_per_token`` (not stated: 1) as well."""

    __slots__ = ()
    _default_architecture = "mixture_of_experts"

    def _shape(self, architecture: str, given: dict[str, Any]) -> dict[str, Any]:
        once = {} if {"active_experts_per_token", "experts_per_token"} & set(given) else {"experts_per_token": 1}
        return {**super()._shape(architecture, given), "architecture": "mixture_of_experts", **once}


class CNNWorkload(Workload):
    """A convolutional network: ``inference_flops`` is the work of one image."""

    __slots__ = ()
    _default_architecture = "cnn"


class SSMWorkload(Workload):
    """A state-space model: ``layers``, ``hidden_dim`` and ``state_size``, the elements of state of one channel."""

    __slots__ = ()
    _default_architecture = "state_space"

    def __init__(self, name: str, architecture: str | None = None, *, state_size: int | None = None, **figures: Any):
        if state_size is not None:
            figures["state_elements"] = int(figures["layers"]) * int(figures["hidden_dim"]) * int(state_size)
            figures.setdefault("attention_layers", 0)
        super().__init__(name, architecture, **figures)

    def get_state_cache_size(self, batch_size: int = 1, precision: Any = "fp16") -> Any:
        """Bytes of recurrent state of a batch; they do not grow with the sequence."""
        return self._ask(batch_size=batch_size, precision=_format(precision)).state_cache_size


class DiffusionWorkload(Workload):
    """A diffusion model: ``inference_flops`` is the work of one of its ``denoising_steps``."""

    __slots__ = ()
    _default_architecture = "diffusion"


_CLASSES = {"transformer": TransformerWorkload, "hybrid": TransformerWorkload, "mixture_of_experts": SparseTransformerWorkload,
            "state_space": SSMWorkload, "cnn": CNNWorkload, "diffusion": DiffusionWorkload}


def workload_class(row: Any) -> type[Workload]:
    """The class of a row of the catalog."""
    return _CLASSES.get(row.cell("architecture"), Workload)
