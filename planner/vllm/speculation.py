"""What somebody asked of speculative decoding, however it was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.vllm.arguments import VllmArguments


def speculation(arguments: VllmArguments) -> dict[str, Any]:
    """The keys of ``--speculative-config``, those of ``--spec-*`` among them; empty for none.

    Source: vllm.engine.arg_utils.EngineArgs.create_speculative_config (0.33.0)
    """
    own = {
        "method": arguments.spec_method,
        "model": arguments.spec_model,
        "num_speculative_tokens": arguments.spec_tokens,
    }
    typed = dict(arguments.speculative_config or {})
    return typed | {key: value for key, value in own.items() if value is not None}


def drafted_tokens(arguments: VllmArguments) -> int:
    """Tokens that are drafted a step; 0 for none, and where nothing says it."""
    found = speculation(arguments).get("num_speculative_tokens")
    return found if isinstance(found, int) else 0


def asked_draft(arguments: VllmArguments) -> tuple[str, str]:
    """Method and model, empty where none is asked for.

    vLLM tells the method by the model's name where none is given.
    Source: vllm.config.speculative.SpeculativeConfig.__post_init__ (0.33.0)
    """
    asked = speculation(arguments)
    model, method = str(asked.get("model") or ""), str(asked.get("method") or "").lower()
    if not method and model:
        name = model.lower()
        method = next((each for each in ("eagle3", "eagle") if each in name), "draft_model")
    return method, model
