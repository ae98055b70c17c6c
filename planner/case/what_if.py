"""The same table with one thing different: what a change would bring is computed, not told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model.layer_kinds import layer_kinds
from planner.quant.read import read_quantization

if TYPE_CHECKING:
    from planner.case.table import Case


def with_settings(case: Case, **changes: Any) -> Case:  # noqa: ANN401 - by the fields' names
    """Other values of what vLLM runs with: ``max_num_seqs=64``."""
    return _once(case, settings=replace(case.settings, **changes))


def with_compilation(case: Case, **changes: Any) -> Case:  # noqa: ANN401 - by the fields' names
    """Another choice of what is compiled and captured: ``largest_capture=1024``."""
    return with_settings(case, compilation=replace(case.settings.compilation, **changes))


def with_quantization(case: Case, method: str) -> Case:
    """Weights that vLLM itself brings into another format as it loads them."""
    format_ = read_quantization({}, method)
    return _once(case, quantization=format_, kinds=layer_kinds(case.architecture, format_))


def with_sizes(case: Case, **sizes: Any) -> Case:  # noqa: ANN401 - columns by the sizes' names
    """Other sizes in every row, divided into stages as vLLM does."""
    return replace(case, layouts=replace(case.layouts, **sizes), partitions=None)


def _once(case: Case, **changes: Any) -> Case:  # noqa: ANN401 - by the fields' names
    """The changed table, made once: several rules ask for it, and for each of some rows."""
    key = repr(changes)
    if key not in case.what_ifs:
        case.what_ifs[key] = replace(case, **changes)
    return case.what_ifs[key]
