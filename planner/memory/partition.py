"""The best division of layers over pipeline stages, where vLLM's own wastes memory.

vLLM divides layers evenly; the embedding on the first stage, the head on the last and unlike
layers make stages uneven. ``VLLM_PP_LAYER_PARTITION`` sets another division.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen

if TYPE_CHECKING:
    from planner.units import Ints


@frozen(slots=False)
class StageRoom:
    """What decides a division; bytes of one rank.

    ``room[s]`` is what a stage has for layers and KV cache, ``layer_bytes[l]`` what a layer
    takes, ``layer_kv_bytes[l]`` its KV cache of one token.
    """

    room: Ints
    layer_bytes: Ints
    layer_kv_bytes: Ints

    def tokens(self) -> Ints:
        """KV tokens of a stage of layers [start, end): Int64[stages, layers + 1, layers + 1].

        Negative where the layers alone do not fit, by how many bytes; -room for no layers.
        """
        weights = np.concatenate([[0], np.cumsum(self.layer_bytes)])
        cache = np.concatenate([[0], np.cumsum(self.layer_kv_bytes)])
        taken = weights[None, :] - weights[:, None]
        per_token = cache[None, :] - cache[:, None]
        left = self.room[:, None, None] - taken[None, :, :]
        tokens: Ints = np.where(left < 0, left, left // np.maximum(per_token, 1)[None, :, :])
        return tokens


def best_partition(rooms: StageRoom) -> tuple[int, ...]:
    """The division whose tightest stage holds most tokens, the most even one of those.

    Each stage has at least one layer. Among equals larger stages go to the middle: the ends
    already hold the embedding and the head.
    """
    tokens = rooms.tokens()
    stages, size = tokens.shape[0], tokens.shape[1]
    most = np.full(size, np.iinfo(np.int64).max)
    most[1:] = np.iinfo(np.int64).min
    later = np.arange(size)[:, None] < np.arange(size)[None, :]
    for stage in range(stages):
        reached = np.where(later, np.minimum(most[:, None], tokens[stage]), np.iinfo(np.int64).min)
        most = reached.max(axis=0)
    return _most_even(tokens >= most[-1], later)


def _most_even(allowed: np.ndarray, later: np.ndarray) -> tuple[int, ...]:
    """The division of allowed stages with the least sum of squares, large ones in the middle."""
    stages, size = allowed.shape[0], allowed.shape[1]
    count = np.arange(size)[None, :] - np.arange(size)[:, None]
    cost = np.full(size, np.inf)
    cost[0] = 0.0
    choices = []
    for stage in range(stages):
        off_centre = abs(stage - (stages - 1) / 2)
        step = count.astype(np.float64) ** 2 + count * off_centre / (stages * size)
        total = np.where(later & allowed[stage], cost[:, None] + step, np.inf)
        choices.append(total.argmin(axis=0))
        cost = total.min(axis=0)
    end, sizes = size - 1, []
    for stage in reversed(range(stages)):
        start = int(choices[stage][end])
        sizes.append(end - start)
        end = start
    return tuple(reversed(sizes))
