"""vLLM's scheduler in small, step by step: what formulas of a server under load are held against.

Source: Scheduler.schedule of vllm.v1.core.sched.scheduler (0.33.0): running requests first, then
waiting ones whose whole prompt has room; the last that came in is put off where room runs out.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(slots=True, kw_only=True)
class Asked:
    """A request: tokens in and out, those computed and given so far, and its times in seconds."""

    prompt: int
    answer: int
    sent_s: float = inf
    first_s: float = inf
    done_s: float = inf
    computed: int = 0
    given: int = 0

    @property
    def to_do(self) -> int:
        """Tokens that the next steps compute."""
        return self.prompt + self.given - self.computed


@dataclass(slots=True, kw_only=True)
class Engine:
    """What schedules: ``chunk`` tokens a step, ``room`` tokens of KV cache."""

    chunk: int
    room: float
    waiting: deque[Asked] = field(default_factory=deque)
    running: list[Asked] = field(default_factory=list)

    def schedule(self) -> list[tuple[Asked, int]]:
        """Who computes how many tokens in the next step."""
        left, held = self.chunk, sum(each.computed for each in self.running)
        planned: list[tuple[Asked, int]] = []
        while len(planned) < len(self.running) and left:
            request = self.running[len(planned)]
            tokens = min(request.to_do, left)
            if held + tokens > self.room and len(self.running) > 1:
                last = self.running.pop()
                held -= last.computed
                last.computed = 0
                self.waiting.appendleft(last)
                continue
            planned.append((request, tokens))
            left, held = left - tokens, held + tokens
        while self.waiting and left and len(planned) == len(self.running):
            request = self.waiting[0]
            if held + request.to_do > self.room:
                break
            self.running.append(self.waiting.popleft())
            tokens = min(request.to_do, left)
            planned.append((request, tokens))
            left, held = left - tokens, held + tokens
        return planned


def serve(
    requests: Iterable[tuple[int, int]],
    users: int,
    engine: Engine,
    step_s: Callable[[int, int], float],
    start_s: float,
) -> list[Asked]:
    """Every request, when so many users ask at once, and again as soon as they are answered.

    Args:
        requests: tokens in and out.
        users: that ask at a time.
        engine: what schedules.
        step_s: seconds of a step that decodes so many requests, and reads so many prompt tokens.
        start_s: from an answer's end until the next request is there.
    """
    every = [Asked(prompt=prompt, answer=answer) for prompt, answer in requests]
    coming, clock = deque(every), 0.0
    arriving: deque[tuple[float, Asked]] = deque()

    def ask() -> None:
        if coming:
            coming[0].sent_s = clock
            arriving.append((clock + start_s, coming.popleft()))

    for _ in range(users):
        ask()
    while arriving or engine.waiting or engine.running:
        while arriving and arriving[0][0] <= clock:
            engine.waiting.append(arriving.popleft()[1])
        planned = engine.schedule()
        if not planned:
            clock = arriving[0][0]
            continue
        decoding = sum(each.given > 0 and tokens == 1 for each, tokens in planned)
        clock += step_s(decoding, sum(tokens for _, tokens in planned) - decoding)
        for request, tokens in planned:
            request.computed += tokens
            if request.to_do:
                continue
            request.given += 1
            request.first_s = min(request.first_s, clock)
            if request.given == request.answer:
                request.done_s = clock
                engine.running.remove(request)
                ask()
    return every
