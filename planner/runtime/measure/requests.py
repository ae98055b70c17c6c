"""Requests to vLLM's engine without its HTTP server: when each token comes.

One replica runs through ``LLMEngine``, whose loop costs least; several through ``AsyncLLM``,
which is the one that spreads requests over replicas. Times are of the engine's answers, by
``time.perf_counter``: its workers are other processes.
"""
# ruff: noqa: ANN401, vLLM is not imported where this is checked

from __future__ import annotations

import asyncio
import time
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    #: of each request, when tokens came and how many
    Arrivals = dict[str, list[tuple[float, int]]]


def engine_for(arguments: Any) -> OneReplica | Replicas:
    """Start the engine that the arguments ask for, with the defaults of vLLM's server."""
    from vllm.usage.usage_lib import UsageContext

    kind = Replicas if arguments.data_parallel_size > 1 else OneReplica
    return kind(arguments, UsageContext.OPENAI_API_SERVER)


class OneReplica:
    """``LLMEngine``, stepped by hand."""

    def __init__(self, arguments: Any, context: Any) -> None:
        """Start it."""
        from vllm.v1.engine.llm_engine import LLMEngine

        self._engine = LLMEngine.from_engine_args(arguments, usage_context=context)
        self._numbers = count()
        self.vllm_config = self._engine.vllm_config

    def collective_rpc(self, method: str, *arguments: Any) -> None:
        """Call a method of every worker."""
        self._engine.collective_rpc(method, args=arguments)

    def shutdown(self) -> None:
        """End its processes."""
        self._engine.engine_core.shutdown()

    def run(
        self,
        prompts: Sequence[Sequence[int]],
        max_tokens: int,
        enough: Callable[[Arrivals], bool],
        limit_s: float,
    ) -> tuple[float, Arrivals]:
        """Submit prompts at once; the time then, and all arrivals until there are enough."""
        arrivals: Arrivals = {f"{next(self._numbers)}": [] for _ in prompts}
        begun = time.perf_counter()
        for request, prompt in zip(arrivals, prompts, strict=True):
            self._engine.add_request(
                request, {"prompt_token_ids": list(prompt)}, _sampling(max_tokens)
            )
        while self._engine.has_unfinished_requests():
            outputs = self._engine.step()
            now = time.perf_counter()
            for output in outputs:
                arrivals[output.request_id].append((now, len(output.outputs[0].token_ids)))
            if (outputs and enough(arrivals)) or now - begun > limit_s:
                break
        self._engine.abort_request(list(arrivals))
        return begun, arrivals


class Replicas:
    """``AsyncLLM`` over data-parallel replicas."""

    def __init__(self, arguments: Any, context: Any) -> None:
        """Start it."""
        from vllm.v1.engine.async_llm import AsyncLLM

        self._loop = asyncio.new_event_loop()
        self._numbers = count()

        async def start() -> Any:
            return AsyncLLM.from_engine_args(arguments, usage_context=context)

        self._engine = self._loop.run_until_complete(start())
        self.vllm_config = self._engine.vllm_config

    def collective_rpc(self, method: str, *arguments: Any) -> None:
        """Call a method of every worker."""
        self._loop.run_until_complete(self._engine.collective_rpc(method, args=arguments))

    def shutdown(self) -> None:
        """End its processes."""
        self._engine.shutdown()

    def run(
        self,
        prompts: Sequence[Sequence[int]],
        max_tokens: int,
        enough: Callable[[Arrivals], bool],
        limit_s: float,
    ) -> tuple[float, Arrivals]:
        """As ``OneReplica.run``."""
        arrivals: Arrivals = {f"{next(self._numbers)}": [] for _ in prompts}
        done = asyncio.Event()
        seen = count()

        async def follow(request: str, prompt: Sequence[int]) -> None:
            stream = self._engine.generate(
                {"prompt_token_ids": list(prompt)}, _sampling(max_tokens), request
            )
            async for output in stream:
                arrivals[request].append((time.perf_counter(), len(output.outputs[0].token_ids)))
                # about once a step: asking costs as much as the batch is large
                if next(seen) % len(prompts) == 0 and enough(arrivals):
                    done.set()

        async def follow_all() -> None:
            pairs = zip(arrivals, prompts, strict=True)
            tasks = [asyncio.ensure_future(follow(*pair)) for pair in pairs]
            await _first_of(done, tasks, limit_s)

        begun = time.perf_counter()
        self._loop.run_until_complete(follow_all())
        return begun, arrivals


async def _first_of(
    done: asyncio.Event, tasks: Sequence[asyncio.Future[Any]], limit_s: float
) -> None:
    """Wait for the event, all tasks or the limit; what is late is cancelled."""
    waiting: list[asyncio.Future[Any]] = [
        asyncio.ensure_future(done.wait()),
        asyncio.gather(*tasks),
    ]
    _, late = await asyncio.wait(waiting, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
    # a request whose reader goes away is aborted
    for task in late:
        task.cancel()
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end


def _sampling(max_tokens: int) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        temperature=0.0,
        max_tokens=max_tokens,
        ignore_eos=True,
        detokenize=False,
        output_kind=RequestOutputKind.DELTA,
    )
