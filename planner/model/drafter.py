"""What drafts tokens ahead of a model: layers of its own checkpoint, or a second model.

The last pipeline stage holds all of it. Embedding and head are the model's own where vLLM shares
them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from planner.frozen import frozen
from planner.model.keys import Keys
from planner.model.modules import Embedding, Linear, Part, Split, Weight
from planner.model.read import read_architecture
from planner.model.state_cache import StateCache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.model.architecture import Architecture, Layer
    from planner.model.modules import Module

#: how many layers of multi-token prediction a checkpoint brings
_COUNTS = ("num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_layers")
_EAGLE = "eagle"
_EAGLE3 = "eagle3"
#: hidden states of three layers of the model enter an EAGLE-3 head
_EAGLE3_STATES = 3


@frozen
class Drafter:
    """Layers with their caches, and the modules around them; nothing where nothing drafts."""

    layers: tuple[Layer, ...] = ()
    around: tuple[Module, ...] = ()
    read_like: str = ""
    """The class it was read like where no family knows its own."""

    @property
    def modules(self) -> tuple[Module, ...]:
        """All of them."""
        return (*(module for layer in self.layers for module in layer.modules), *self.around)


NO_DRAFTER = Drafter()


def predicting_layers(architecture: Architecture, config: Mapping[str, Any]) -> Drafter:
    """The layers of multi-token prediction: like the model's last with keys and values.

    Each adds a projection of two hidden states to one, and norms.
    Source: vllm.model_executor.models.deepseek_mtp.DeepSeekMultiTokenPredictorLayer,
    .qwen3_next_mtp.Qwen3NextMultiTokenPredictor (0.33.0)
    """
    hidden = architecture.hidden_size
    alike = [layer for layer in architecture.layers if not _keeps_states(layer)]
    if not alike:
        return NO_DRAFTER
    text = config.get("text_config")
    keys = Keys(text if isinstance(text, dict) else config)
    count = max(keys.int(*_COUNTS, default=1), 1)
    norms = (Weight(name=name, shape=(hidden,)) for name in ("enorm", "hnorm", "final_norm"))
    around: tuple[Module, ...] = (_replicated("eh_proj", 2 * hidden, hidden), *norms)
    return Drafter(layers=(alike[-1],) * count, around=around * count)


def draft_model(config: Mapping[str, Any], method: str) -> Drafter:
    """A second model: an EAGLE head, or a whole smaller one.

    Raises:
        InvalidInputError: no family reads it.

    Source: vllm.model_executor.models.llama_eagle, .llama_eagle3, vllm.v1.spec_decode (0.33.0)
    """
    if not method.startswith(_EAGLE):
        whole = read_architecture(config)
        last = [m for m in whole.last if not (whole.tied and isinstance(m, Embedding))]
        ends = (*whole.first, *whole.ends, *whole.every, *last)
        return Drafter(
            layers=whole.layers, around=tuple(map(_own, ends)), read_like=whole.read_like
        )
    third = method == _EAGLE3
    body = read_architecture({**config, "architectures": ["LlamaForCausalLM"]})
    hidden = body.hidden_size
    states = _EAGLE3_STATES if third else 2
    around: tuple[Module, ...] = (_replicated("fc", states * hidden, hidden),)
    if third:
        rows = Keys(config).int("draft_vocab_size", default=body.vocab_size)
        around += (Weight(name="lm_head", shape=(rows, hidden), split_axis=0),)
    layers = tuple(_of_two_states(layer) for layer in body.layers) if third else body.layers
    return Drafter(layers=layers, around=around)


def _keeps_states(layer: Layer) -> bool:
    states = get_args(StateCache)
    return not layer.caches or any(isinstance(cache, states) for cache in layer.caches)


def _replicated(name: str, inputs: int, rows: int) -> Linear:
    return Linear(
        name=name,
        inputs=inputs,
        parts=(Part(units=rows),),
        split=Split.REPLICATED,
        quantized=False,
    )


def _own(module: Module) -> Module:
    """A table of the draft's own, never the model's."""
    if isinstance(module, Embedding):
        shape = (module.padded_vocab, module.hidden)
        return Weight(name=f"draft.{module.name}", shape=shape, split_axis=0)
    return module


def _of_two_states(layer: Layer) -> Layer:
    """EAGLE-3's layer, whose queries, keys and values see embedding and hidden state."""
    modules = tuple(
        replace(m, inputs=2 * m.inputs) if isinstance(m, Linear) and "qkv" in m.name else m
        for m in layer.modules
    )
    return replace(layer, modules=modules)
