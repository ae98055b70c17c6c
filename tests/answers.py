"""Fixed answers that reports and commands are tested with."""

from __future__ import annotations

from planner.finding import Finding, Origin, Severity
from planner.plan import (
    Answer,
    Command,
    Fit,
    Hardware,
    HardwareGroup,
    KvCache,
    Layout,
    MathStep,
    Memory,
    Model,
    Rejected,
    Stage,
)
from planner.vllm.hosts import Executor, host_commands

MODEL = "deepseek-ai/DeepSeek-R1"
TOTAL_BYTES = 85_094_825_984
BUDGET_BYTES = 80_840_084_685
GIB = 1024**3

WEIGHT_ONLY = Finding(
    code="QNT004",
    name="fp8-weight-only",
    severity=Severity.ADVICE,
    origin=Origin.VLLM,
    message="fp8 weights run through 16-bit kernels on a100-sxm4-80gb",
    cause="fp8 arithmetic needs compute capability 8.9, this GPU has 8.0",
    fix="nothing to do: memory is as for fp8, speed as for 16-bit kernels",
    source="vllm.model_executor.layers.quantization.fp8.Fp8Config",
)
TP_LEAVES_NODE = Finding(
    code="PAR003",
    name="tensor-parallel-leaves-scale-up-domain",
    severity=Severity.ERROR,
    origin=Origin.POLICY,
    message="tensor-parallel-size 16 reaches over 2 nodes of 8 GPUs",
    cause="every layer would exchange its activations over ib-hdr at 25 GB/s, not NVLink at 300",
    fix="--tensor-parallel-size 8 --pipeline-parallel-size 2, or --allow PAR003",
    source="vLLM documentation, serving/parallelism_scaling",
)


def stage(first: int, last: int, parameter_bytes: int, buffer_bytes: int) -> Stage:
    """A stage of DeepSeek-R1 at TP8 x PP2; weights as vLLM 0.33.0 constructs them."""
    post_load, allocator = 137 * 1024**2, 61 * 1024**2
    weights = parameter_bytes + buffer_bytes + post_load + allocator
    activation, graphs, other = int(1.31 * GIB), int(0.94 * GIB), int(0.42 * GIB)
    outside = int(1.12 * GIB)
    return Stage(
        layers=(first, last),
        parameter_bytes=parameter_bytes,
        buffer_bytes=buffer_bytes,
        post_load_bytes=post_load,
        allocator_bytes=allocator,
        weights_bytes=weights,
        activation_bytes=activation,
        cuda_graph_bytes=graphs,
        non_torch_bytes=other,
        kv_cache_bytes=BUDGET_BYTES - weights - activation - graphs - other,
        outside_budget_bytes=outside,
        free_bytes=TOTAL_BYTES - BUDGET_BYTES - outside,
        interval={"activation_bytes": (int(0.9 * GIB), int(1.8 * GIB))},
    )


def layout(
    tp: int, pp: int, dp: int = 1, *, ep: bool = False, executor: Executor = "mp", why: str = ""
) -> Layout:
    """One layout of DeepSeek-R1 over two nodes of 8 A100."""
    args: dict[str, float] = {"--tensor-parallel-size": tp, "--pipeline-parallel-size": pp}
    args |= {"--data-parallel-size": dp} if dp > 1 else {}
    args |= {"--enable-expert-parallel": True} if ep else {}
    args |= {"--max-model-len": 163840, "--gpu-memory-utilization": 0.95}
    stages = (stage(0, 30, 41_243_924_832, 20_972_016), stage(31, 60, 43_896_206_016, 20_972_000))
    hosts = host_commands(MODEL, args, {}, nodes=2, executor=executor)
    return Layout(
        tensor_parallel_size=tp,
        pipeline_parallel_size=pp,
        data_parallel_size=dp,
        expert_parallel=ep,
        decode_context_parallel_size=1,
        gpus_used=tp * pp * dp,
        why=why,
        fit=Fit(verdict="fits", probability=0.99, margin_bytes=int(25.6 * GIB)),
        memory=Memory(gpu_memory_utilization=0.95, budget_bytes=BUDGET_BYTES, stages=stages),
        kv_cache=KvCache(
            dtype="bfloat16",
            block_size=16,
            bytes_per_block=571_392,
            num_blocks=60_123,
            blocks_per_request=10_240,
            blocks_per_group=(10_240,),
            tokens=961_964,
            max_concurrency=5.87,
            max_model_len=163_840,
            bytes_per_token=35_712.0,
        ),
        vllm_args=args,
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
        findings=(WEIGHT_ONLY,),
    )


def rejected(
    tp: int, pp: int, codes: tuple[str, ...], message: str, *, ep: bool = False
) -> Rejected:
    """A layout that is out."""
    return Rejected(
        tensor_parallel_size=tp,
        pipeline_parallel_size=pp,
        data_parallel_size=1,
        expert_parallel=ep,
        decode_context_parallel_size=1,
        codes=codes,
        message=message,
    )


def deepseek_r1() -> Answer:
    """DeepSeek-R1 on two nodes of 8 A100: two layouts that fit, six that do not."""
    return Answer(
        command="recommend",
        vllm_version="0.33",
        model=Model(
            id=MODEL,
            architecture="DeepseekV3ForCausalLM",
            source="catalogue",
            trust="exact",
            parameters=671_026_419_200,
            quantization="fp8 blocks of 128x128",
            dtype="bfloat16",
            max_model_len=163_840,
            num_layers=61,
        ),
        hardware=Hardware(
            groups=(
                HardwareGroup(
                    accelerator="a100-sxm4-80gb",
                    nodes=2,
                    gpus_per_node=8,
                    memory_bytes=TOTAL_BYTES,
                    scale_up_domain=8,
                    intra_node_link="nvlink3",
                    fabric="ib-hdr",
                ),
            ),
            assumptions=(
                "A100 is read as a100-sxm4-80gb, the form with NVLink and 80 GB",
                "no network was named: ib-hdr, 200 Gb/s a GPU, as in the reference node",
            ),
        ),
        layouts=(
            layout(
                8,
                2,
                why="TP stays inside each NVLink node and only the pipeline crosses the network; "
                "all 16 GPUs are needed to hold the weights",
            ),
            layout(8, 2, ep=True, why="as the first, with whole experts on each rank"),
        ),
        rejected=(
            rejected(16, 1, ("PAR003",), TP_LEAVES_NODE.message),
            rejected(16, 1, ("PAR003",), TP_LEAVES_NODE.message, ep=True),
            rejected(8, 1, ("MEM001",), "weights of 79.3 GiB over a budget of 75.3 GiB on a GPU"),
            rejected(4, 2, ("MEM001",), "weights of 79.9 GiB over a budget of 75.3 GiB on a GPU"),
            rejected(3, 1, ("PAR001", "MEM001"), "128 attention heads do not divide by 3"),
            rejected(1, 16, ("MEM002",), "no room for KV cache: 3.1 GiB short on stage 0"),
        ),
        notes=("speed is not predicted yet: performance is null",),
    )


def estimate() -> Answer:
    """The first layout alone, with its arithmetic."""
    whole = deepseek_r1()
    steps = (
        MathStep(
            term="budget",
            formula="ceil(total x gpu_memory_utilization)",
            numbers={"total": TOTAL_BYTES, "gpu_memory_utilization": 0.95},
            bytes=BUDGET_BYTES,
            source="vllm.v1.worker.utils.request_memory (0.33.0)",
        ),
        MathStep(
            term="blocks per request",
            formula="ceil(max_model_len / block_size)",
            numbers={"max_model_len": 163_840, "block_size": 16, "result": 10_240},
        ),
    )
    return whole.model_copy(
        update={
            "command": "estimate",
            "layouts": whole.layouts[:1],
            "rejected": (),
            "math": steps,
        }
    )


def broken() -> Answer:
    """What ``validate`` says of TP16 over the two nodes."""
    wide = layout(16, 1).model_copy(update={"findings": (TP_LEAVES_NODE, WEIGHT_ONLY)})
    return deepseek_r1().model_copy(
        update={"command": "validate", "layouts": (wide,), "rejected": (), "notes": ()}
    )


def nothing_fits() -> Answer:
    """A model of 7B on a T4: no layout, the nearest miss, and what would make it fit."""
    miss = Finding(
        code="MEM001",
        name="weights-exceed-budget",
        severity=Severity.ERROR,
        origin=Origin.CAPACITY,
        message="TP1 is the nearest miss: 14.2 GiB of weights over a budget of 13.8 GiB",
        cause="15.2 billion parameters of 2 bytes",
        fix="two T4 (--gpus 2xT4), or --quantization fp8",
    )
    return Answer(
        command="recommend",
        vllm_version="0.33",
        model=Model(id="deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", parameters=7_615_616_512),
        hardware=Hardware(
            groups=(
                HardwareGroup(
                    accelerator="t4",
                    nodes=1,
                    gpus_per_node=1,
                    memory_bytes=15_642_329_088,
                    scale_up_domain=1,
                ),
            )
        ),
        rejected=(rejected(1, 1, ("MEM001",), miss.message),),
        findings=(miss,),
    )
