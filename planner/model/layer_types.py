"""Which layers of a stack slide a window over their input, where a rule says so."""

from __future__ import annotations


def every_nth_full(num_layers: int, step: int) -> list[str]:
    """Each ``step``-th layer sees everything, the others a window; 0: all see everything.

    >>> every_nth_full(5, 3)
    ['sliding_attention', 'sliding_attention', 'full_attention', 'sliding_attention', \
'sliding_attention']
    """
    return [
        "sliding_attention" if step and (index + 1) % step else "full_attention"
        for index in range(num_layers)
    ]
