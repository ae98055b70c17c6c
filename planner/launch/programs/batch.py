"""Answer the prompts of a file with vLLM, and write the answers to another.

PROMPTS is text, a prompt a line, or JSON lines (``.jsonl``): each an object with ``prompt`` or
``messages``, and if it likes with fields of vLLM's SamplingParams and with the ``model``, the name
of an adapter, that answers it. ANSWERS has a line of JSON for each of them, in their order.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

#: of this process and those that it starts
ENVIRONMENT: dict[str, str] = {}
#: what vllm.LLM is given
ENGINE: dict[str, Any] = {}
#: what vllm.SamplingParams is given where a line says nothing else
SAMPLING: dict[str, Any] = {}

#: what vllm.LLM.chat is given beside the messages
CHAT: dict[str, Any] = {}
#: where each LoRA adapter lies, by its name
ADAPTERS: dict[str, str] = {}

#: fields of a line that are no sampling parameters
SUBJECT = ("prompt", "messages", "id", "model")


def read_requests(path: Path) -> list[dict[str, Any]]:
    """The requests of a file, empty lines left out."""
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    if path.suffix != ".jsonl":
        return [{"prompt": line} for line in lines]
    requests = [json.loads(line) for line in lines]
    for number, request in enumerate(requests, 1):
        if not isinstance(request, dict) or not {"prompt", "messages"} & set(request):
            raise SystemExit(f"{path}: request {number} has neither prompt nor messages")
        if request.get("model", ENGINE["model"]) not in {ENGINE["model"], *ADAPTERS}:
            names = ", ".join([ENGINE["model"], *ADAPTERS])
            raise SystemExit(f"{path}: request {number} names another model than {names}")
    return requests


def chat_options() -> dict[str, Any]:
    """What LLM.chat is given; the template itself where its file is named."""
    named = CHAT.get("chat_template", "")
    if not named or set("{}\n") & set(named):
        return CHAT
    return CHAT | {"chat_template": Path(named).read_text(encoding="utf-8")}


def adapter(request: dict[str, Any]) -> Any:  # noqa: ANN401 - vLLM's
    """What vLLM is told of the adapter that answers; None is the model itself."""
    name = request.get("model")
    if name not in ADAPTERS:
        return None
    from vllm.lora.request import LoRARequest

    return LoRARequest(name, 1 + list(ADAPTERS).index(name), ADAPTERS[name])


def answers(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What vLLM answers, in the order of the requests."""
    # after the environment is set, and not to show the help
    from vllm import LLM, SamplingParams

    engine = LLM(**ENGINE)
    sampling = [
        SamplingParams(**SAMPLING | {k: v for k, v in request.items() if k not in SUBJECT})
        for request in requests
    ]
    found: dict[int, Any] = {}
    asks = {"prompt": (engine.generate, {}), "messages": (engine.chat, chat_options())}
    for key, (ask, more) in asks.items():
        places = [place for place, request in enumerate(requests) if key in request]
        asked = [requests[place][key] for place in places]
        loras = [adapter(requests[place]) for place in places] if ADAPTERS else None
        if asked:
            outputs = ask(asked, [sampling[p] for p in places], lora_request=loras, **more)
            found |= dict(zip(places, outputs, strict=True))
    return [_answer(request, found[place]) for place, request in enumerate(requests)]


def _answer(request: dict[str, Any], output: Any) -> dict[str, Any]:  # noqa: ANN401 - vLLM's
    first = output.outputs[0]
    return {
        **{key: request[key] for key in ("id",) if key in request},
        "text": first.text,
        "finish_reason": first.finish_reason,
        "prompt_tokens": len(output.prompt_token_ids),
        "completion_tokens": len(first.token_ids),
        **({"others": [o.text for o in output.outputs[1:]]} if output.outputs[1:] else {}),
    }


def main() -> None:
    """Read, answer, and write all answers or none."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("prompts", type=Path, help="text, a prompt a line, or .jsonl")
    parser.add_argument("answers", type=Path, help="JSON lines")
    parser.add_argument("--part", default="0/1", help="every N-th request from I on: I/N (0/1)")
    typed = parser.parse_args()
    first, _, step = typed.part.partition("/")
    requests = read_requests(typed.prompts)[int(first) :: int(step)]
    os.environ.update(ENVIRONMENT)
    text = "".join(f"{json.dumps(each)}\n" for each in answers(requests))
    aside = typed.answers.with_name(f"{typed.answers.name}.part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(typed.answers)


if __name__ == "__main__":
    main()
