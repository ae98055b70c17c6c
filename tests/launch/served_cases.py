"""Deployments that every launcher is tried on."""

from __future__ import annotations

import contextlib
import io
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from planner.cli.app import run
from planner.launch.base import Served, find, settle
from planner.launch.parts.served import served
from planner.plan import Answer, Command, Fit, Hardware, HardwareGroup, KvCache, Layout, Model
from planner.vllm.hosts import host_commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.vllm.hosts import Executor
    from planner.vllm.rewrite import Options

H100_BYTES = 85_017_624_576
#: words that a careless launcher would let a shell, YAML or Python read
HOSTILE = "a'b\"c $(touch pwned) `id`; x\n- y: *z #\\"


#: anything that the kernel takes as an argument
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
#: a folder as people name them
ODD_FOLDER = '/data/Bob\'s "best" models/llama 3.1'


def planned(*words: str) -> Answer:
    """What ``planner recommend`` answers."""
    document = io.StringIO()
    with contextlib.redirect_stdout(document):
        assert run(["recommend", *words, "--top", "1", "--offline", "--format", "json"]) == 0
    return Answer.model_validate_json(document.getvalue())


@cache
def real_plans() -> dict[str, Answer]:
    """Models on the boards that people have."""
    t4 = ("--dtype", "half", "--max-model-len", "4096", "--quantization", "fp8")
    return {
        "deepseek-r1-2x8xa100": planned("--model", "DeepSeek-R1", "--gpus", "2x8xA100"),
        "qwen3-32b-4xl40s": planned("--model", "Qwen/Qwen3-32B", "--gpus", "4xL40S"),
        "llama-on-t4": planned("--model", "Llama-3.1-8B", "--gpus", "T4", *t4),
        "qwen3-32b-mi300x": planned("--model", "Qwen/Qwen3-32B", "--gpus", "2xMI300X"),
        "qwen3-on-a-slice": planned("--model", "Qwen3-0.6B", "--gpus", "h100-mig-1g.10gb"),
    }


def answer(
    tp: int = 1,
    pp: int = 1,
    dp: int = 1,
    *,
    nodes: int = 1,
    executor: Executor = "mp",
    model: str = "Qwen/Qwen3-8B",
    options: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    accelerator: str = "h100-sxm5-80gb",
) -> Answer:
    """A plan of one layout on nodes of 8 H100."""
    sizes = {"--tensor-parallel-size": tp, "--pipeline-parallel-size": pp}
    sizes |= {"--data-parallel-size": dp}
    given = {flag: size for flag, size in sizes.items() if size > 1}
    given |= {"--gpu-memory-utilization": 0.95, **(options or {})}  # type: ignore[dict-item]
    hosts = host_commands(model, given, environment or {}, nodes=nodes, executor=executor)
    layout = Layout(
        tensor_parallel_size=tp,
        pipeline_parallel_size=pp,
        data_parallel_size=dp,
        expert_parallel=False,
        decode_context_parallel_size=1,
        gpus_used=tp * pp * dp,
        fit=Fit(verdict="fits", probability=0.99, margin_bytes=1 << 30),
        kv_cache=KvCache(
            dtype="bfloat16",
            block_size=16,
            bytes_per_block=2_359_296,
            num_blocks=24_000,
            blocks_per_request=2_560,
            tokens=384_000,
            max_concurrency=9.37,
            max_model_len=40_960,
        ),
        environment=dict(environment or {}),
        vllm_args=given,
        commands=tuple(
            Command(
                node=h.node,
                role=h.role,
                environment=dict(h.environment),
                argv=h.argv,
                shell=h.shell,
            )
            for h in hosts
        ),
    )
    group = HardwareGroup(
        accelerator=accelerator,
        nodes=nodes,
        gpus_per_node=8,
        memory_bytes=H100_BYTES,
        scale_up_domain=8,
        intra_node_link="nvlink4",
        fabric="ib-ndr" if nodes > 1 else None,
    )
    return Answer(
        command="recommend",
        vllm_version="0.33",
        model=Model(id=model, max_model_len=40_960),
        hardware=Hardware(groups=(group,)),
        layouts=(layout,),
    )


def record(
    planned: Answer,
    to: str,
    *,
    options: Options = (),
    variables: Mapping[str, str] | None = None,
    secrets: tuple[str, ...] = (),
    image: str | None = None,
    replicas: int = 1,
    settings: Mapping[str, str] | None = None,
) -> Served:
    """What a launcher is given of it."""
    return served(
        planned,
        planned.layouts[0],
        environ={},
        options=options,
        variables=variables,
        secrets=secrets,
        image=image,
        replicas=replicas,
        settings=settle(find(to), to, settings or {}),
    )


def cases(to: str) -> dict[str, Served]:
    """Every deployment, by name."""
    hostile = answer(
        model=f"/models/{HOSTILE}",
        options={"--chat-template": HOSTILE},
        environment={"VLLM_HOST_IP": HOSTILE},
    )
    return {
        "one-gpu": record(answer(), to, secrets=("VLLM_API_KEY", "HF_TOKEN")),
        "one-node": record(answer(8), to, options=(("--port", ("9000",)),)),
        "two-replicas-inside": record(answer(4, dp=2), to),
        "two-nodes": record(answer(8, 2, nodes=2), to, variables={"NCCL_SOCKET_IFNAME": "eth0"}),
        "two-nodes-ray": record(answer(8, 2, nodes=2, executor="ray"), to),
        "three-servers": record(answer(2), to, replicas=3),
        "folder": record(
            answer(model=ODD_FOLDER, options={"--chat-template": "/data/t.jinja"}), to
        ),
        **{name: record(each, to) for name, each in real_plans().items()},
        "hostile": record(hostile, to, secrets=("VLLM_API_KEY",)),
    }


CASES = tuple(cases("local"))
