"""What of vLLM's compilation bears on memory: whether it compiles, what it captures and fuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.vllm.arguments import VllmArguments

_NO_GRAPHS = "NONE"
_LEVEL_MODES = {"0": _NO_GRAPHS, "1": "PIECEWISE", "2": "FULL_AND_PIECEWISE"}
#: the first -O level that fuses all-reduces with the norm behind them
_FUSING_LEVELS = ("2", "3")
_NO_COMPILATION = (0, "0", "none", "NONE")


@frozen
class Compilation:
    """Options and -O level taken together.

    Attributes:
        compiled: torch.compile runs over the model.
        graph_mode: vLLM's ``cudagraph_mode`` in capitals.
        capture_sizes: batch sizes that somebody lists; None for vLLM's own grid.
        largest_capture: the largest of the grid, where somebody fixes it.
        fuses_all_reduce: tensor-parallel engines fuse all-reduce and norm where the GPU can.
    """

    compiled: bool = True
    graph_mode: str = _LEVEL_MODES["2"]
    capture_sizes: tuple[int, ...] | None = None
    largest_capture: int | None = None
    fuses_all_reduce: bool = True


def settle_compilation(arguments: VllmArguments) -> Compilation:
    """What ``--enforce-eager``, ``-O``, ``--compilation-config`` and its short forms amount to.

    ``--disable-custom-all-reduce`` has no say in the fusion: vLLM makes FlashInfer's workspace
    whatever it says.

    Source: vllm.config.vllm.VllmConfig.__post_init__, OPTIMIZATION_LEVEL_TO_CONFIG,
    vllm.compilation.passes.fusion.allreduce_rms_fusion.AllReduceFusionPass (0.33.0)
    """
    config = arguments.compilation_config or {}
    level = str(arguments.optimization_level or "2")
    mode = config.get("mode", config.get("level"))
    compiled = level != "0" and mode not in _NO_COMPILATION
    graphs = str(config.get("cudagraph_mode") or _LEVEL_MODES.get(level, _LEVEL_MODES["2"]))
    if arguments.enforce_eager:
        compiled, graphs = False, _NO_GRAPHS
    passes = config.get("pass_config")
    fused = passes.get("fuse_allreduce_rms") if isinstance(passes, dict) else None
    return Compilation(
        compiled=compiled,
        graph_mode=graphs.upper(),
        capture_sizes=_sizes(arguments, config),
        largest_capture=_largest(arguments, config),
        fuses_all_reduce=compiled and (level in _FUSING_LEVELS if fused is None else bool(fused)),
    )


def _sizes(arguments: VllmArguments, config: Mapping[str, Any]) -> tuple[int, ...] | None:
    listed = arguments.cudagraph_capture_sizes or config.get("cudagraph_capture_sizes")
    if not listed:
        return None
    return tuple(sorted({size for size in listed if isinstance(size, int) and size > 0}))


def _largest(arguments: VllmArguments, config: Mapping[str, Any]) -> int | None:
    largest = arguments.max_cudagraph_capture_size
    if largest is None:
        largest = config.get("max_cudagraph_capture_size")
    return largest if isinstance(largest, int) else None
