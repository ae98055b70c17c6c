"""vLLM has no such option.

What it checks:
    every option of a command is one that this release's parser takes.
Why:
    options are renamed and removed between releases; the parser refuses what it does not know,
    and the server does not start.

Example:
    ``--swap-space 4``, which left with the swapping of the KV cache.
Fix:
    the option's new name where the finding has one, or leave it out.
Source in vLLM:
    ``vllm.engine.arg_utils.AsyncEngineArgs.add_cli_args``
Versions:
    as the recorded release's parser has them
"""

from __future__ import annotations

from planner.finding import Origin, Severity

CODE = "VER003"
NAME = "option-unknown"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "command"
BAD = ("--gpus H100 -- vllm serve meta-llama/Llama-3.1-8B-Instruct --swap-space 4",)
GOOD = ("--gpus H100 -- vllm serve meta-llama/Llama-3.1-8B-Instruct --max-num-seqs 64",)
LOG = ("unrecognized arguments: ",)
