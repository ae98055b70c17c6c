"""The answer as a document: schema ``planner/1``.

Sizes are whole bytes, times ms or s as the key says; None where unknown, with the reason in
``notes``. Keys are added, never renamed.
"""
# annotations are types here, not texts: pydantic would compile each text, which takes twice as
# long as all else that the classes need
# ruff: noqa: I002

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from planner.finding import Finding
from planner.lengths import LONGEST_TOKENS

Verdict = Literal["fits", "uncertain", "does_not_fit"]
Basis = Literal["measured", "calibrated", "extrapolated"]
Bytes = int
Tokens = Annotated[int, Field(ge=1, le=LONGEST_TOKENS)]


class _Document(BaseModel):
    # a key that nobody knows is a typing error in a plan; a class is built when first used
    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, serialize_by_alias=True
    )


class Model(_Document):
    """What is served, and where its description came from."""

    id: str
    architecture: str | None = None
    source: str | None = None
    """Catalogue, local directory, hub cache or hub."""
    trust: str | None = None
    """How far the description was checked; ``keys`` where no family knows the class."""
    read_like: str | None = None
    """The class whose layers it was given, where no family knows its own."""
    parameters: int | None = None
    quantization: str | None = None
    dtype: str | None = None
    max_model_len: int | None = None
    num_layers: int | None = None
    revision: str | None = None
    weight_bytes: Bytes | None = None
    """Of the whole, undivided: given where no layout is."""
    kv_cache_bytes_per_token: int | None = None
    """Of the whole, undivided: given where no layout is."""


class HardwareGroup(_Document):
    """Like nodes of a cluster."""

    accelerator: str
    nodes: int
    gpus_per_node: int
    memory_bytes: Bytes
    memory_taken_bytes: Bytes = 0
    """Of each GPU, held by other processes."""
    scale_up_domain: int
    """GPUs that reach each other at full speed."""
    intra_node_link: str | None = None
    topology: str | None = None
    """How the links are laid: ``switch``, ``pairs``, ``pcie`` …"""
    link_bytes_per_s_one_way: float | None = None
    """All links of one GPU, one direction."""
    fabric: str | None = None
    nics_per_node: int | None = None
    """Ports of that network."""
    nic_bytes_per_s_one_way: float | None = None
    """Rate of one port, one direction."""
    gpus: str | None = None
    """What ``--gpus`` takes to mean this group again; None: nodes x GPUs x accelerator @ fabric."""
    hosts: tuple[str, ...] = ()
    """Names or addresses to log in to, in node order; none where nobody said."""


class Hardware(_Document):
    """The cluster, and what was assumed to read it."""

    groups: tuple[HardwareGroup, ...] = ()
    assumptions: tuple[str, ...] = ()


class Fit(_Document):
    """Whether weights, overheads and one request of ``max_model_len`` go in."""

    verdict: Verdict
    probability: float | None = None
    margin_bytes: Bytes | None = None
    """Left of vLLM's share on the GPU with the least room; negative when short."""
    beside_margin_bytes: Bytes | None = None
    """Left of the GPU beside vLLM's share and all that must lie there; negative when short."""
    limited_by: Literal["budget", "beside"] | None = None
    """Which of the two margins the probability is of: the less likely one."""


class Stage(_Document):
    """The memory of one GPU of a pipeline stage: the worst of its ranks."""

    layers: tuple[int, int]
    """First and last, from 0."""
    rank_classes: int = 1
    """Ranks of the stage that differ."""
    parameter_bytes: Bytes
    buffer_bytes: Bytes
    post_load_bytes: Bytes
    allocator_bytes: Bytes
    weights_bytes: Bytes
    """Sum of the four above: what ``Model loading took`` counts."""
    activation_bytes: Bytes
    cuda_graph_bytes: Bytes
    non_torch_bytes: Bytes
    kv_cache_bytes: Bytes
    """What the budget leaves; negative when short."""
    outside_budget_bytes: Bytes
    free_bytes: Bytes
    """Total less budget less what lies outside it."""
    interval: dict[str, tuple[Bytes, Bytes]] = Field(default_factory=dict)
    """Low and high of an uncertain term, by its key."""


class Memory(_Document):
    """The budget of a GPU and what each stage does with it."""

    gpu_memory_utilization: float
    budget_bytes: Bytes
    stages: tuple[Stage, ...]


class KvCache(_Document):
    """Room for requests."""

    dtype: str
    block_size: int
    bytes_per_block: Bytes
    """The largest over stages."""
    num_blocks: int
    """The smallest over stages."""
    blocks_per_request: int
    blocks_per_group: tuple[int, ...] = ()
    tokens: int
    """What vLLM prints as ``GPU KV cache size``."""
    max_concurrency: float
    max_model_len: int
    max_model_len_reduced: bool = False
    """The model could take more than fits."""
    bytes_per_token: float | None = None


class Lengths(_Document):
    """How long requests are that are not alike."""

    name: str
    """As typed: a kind of requests, or a file."""
    source: str
    requests: tuple[tuple[Tokens, Tokens], ...] = Field(min_length=1)
    """Tokens in and out of each."""


class Workload(_Document):
    """The load that was asked about, and the limits; spelled as the options."""

    input_tokens: int
    """Of a prompt, on average."""
    output_tokens: int
    """Of an answer, on average."""
    concurrency: int | None = None
    request_rate: float | None = None
    arrival: Literal["steady", "burst"] = "steady"
    num_prompts: int | None = None
    ttft_ms: float | None = None
    tpot_ms: float | None = None
    prefix_cache_hit_rate: float = 0.0
    acceptance_rate: float | None = None
    lengths: Lengths | None = None
    """None: all requests are alike."""


class Goal(_Document):
    """By what layouts were compared, and what they might cost; spelled as the options."""

    objective: Literal["throughput", "latency", "cost", "context"] = "throughput"
    min_throughput: float | None = None
    max_cost: float | None = None
    price: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    growth: tuple[Annotated[float, Field(gt=0)], ...] = ()
    spare: int = 0
    surge: int = 0


class Performance(_Document):
    """Speed under the workload that was asked for."""

    concurrency: float | None = None
    """Requests in flight that the figures are for; None where a rate is the load."""
    request_rate: float | None = None
    """Requests a second that they are for; None where the load is a closed loop."""
    running: float | None = None
    """Requests of them that decode at a time."""
    ttft_ms: float | None = None
    ttft_p90_ms: float | None = None
    ttft_p99_ms: float | None = None
    """That so many of a hundred requests stay below."""
    tpot_ms: float | None = None
    output_tokens_per_s: float | None = None
    requests_per_s: float | None = None
    limited_by: str | None = None
    basis: Basis
    interval: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """10th and 90th percentile of a figure, by its key."""


class StartUp(_Document):
    """Time until the server answers."""

    seconds: float
    interval: tuple[float, float] | None = None
    parts: dict[str, float] = Field(default_factory=dict)


class ContextPoint(_Document):
    """Room for requests of one length."""

    tokens: int
    """Of each request."""
    requests: float
    """That the KV cache holds at a time."""
    interval: tuple[float, float]
    """The same by the low and the high end of the room for the cache."""


class LoadPoint(_Document):
    """One server under so many requests in flight."""

    concurrency: float
    ttft_ms: float
    tpot_ms: float
    output_tokens_per_s: float
    interval: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """10th and 90th percentile of a figure, by its key."""
    limited_by: str
    saturated: bool
    """Some requests wait for a place."""


class Curves(_Document):
    """What plots of a layout are drawn from."""

    context: tuple[ContextPoint, ...] = ()
    load: tuple[LoadPoint, ...] = ()
    """From one request to more than the server takes at a time."""
    input_tokens: int | None = None
    """Of the requests along ``load``."""
    output_tokens: int | None = None
    ttft_ms: float | None = None
    """Longest wait for the first token that is accepted."""
    tpot_ms: float | None = None
    """Longest wait for each further token that is accepted."""


class Cost(_Document):
    """Money, at a price with a source."""

    usd_per_hour: float
    usd_per_million_output_tokens: float | None = None
    price_source: str | None = None
    price_date: str | None = None


class Improvement(_Document):
    """The one change of vLLM's options that would help most at the named load."""

    code: str
    """Of the rule that advises it."""
    change: str
    """What to type."""
    message: str
    """What it brings, in words."""
    saves: float
    """Share of a request's time."""


class Command(_Document):
    """What one types on one host, in the order of the list."""

    node: int
    role: Literal["head", "worker", "all"]
    environment: dict[str, str] = Field(default_factory=dict)
    argv: tuple[str, ...]
    shell: str


class Sizes(_Document):
    """The five sizes of a layout."""

    tensor_parallel_size: int
    pipeline_parallel_size: int
    data_parallel_size: int
    expert_parallel: bool
    decode_context_parallel_size: int


class Layout(Sizes):
    """One deployment in full."""

    gpus_used: int
    group: int = 0
    """The hosts it runs on: a place in ``hardware.groups``, from 0."""
    why: str = ""
    """One sentence: why it stands where it stands."""
    fit: Fit
    memory: Memory | None = None
    kv_cache: KvCache | None = None
    performance: Performance | None = None
    start_up: StartUp | None = None
    cost: Cost | None = None
    curves: Curves | None = None
    """Points of plots, where a report asked for them."""
    improvement: Improvement | None = None
    """None too where no load is named."""
    environment: dict[str, str] = Field(default_factory=dict)
    vllm_args: dict[str, Any] = Field(default_factory=dict)
    """vLLM's options by flag; True is a switch that is on."""
    settings: dict[str, Any] | None = None
    """What vLLM runs with, its release's defaults filled in; given by ``validate``."""
    commands: tuple[Command, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


class ParetoPoint(Sizes):
    """A layout at a load that no other beats in both throughput for each GPU and TPOT."""

    gpus: str
    """The group of hosts it runs on, as ``--gpus`` takes it."""
    gpus_used: int
    concurrency: float
    """Requests in flight at a time, on one server."""
    tpot_ms: float
    ttft_ms: float
    output_tokens_per_s_per_gpu: float
    knee: bool = False
    """More throughput begins to cost more than it brings."""


class Purchase(Sizes):
    """Hardware that serves the load, and how: servers of one layout behind a router."""

    load: float = 1.0
    """Multiple of the load that was asked about."""
    gpus: str
    """All of it, as ``--gpus`` takes it."""
    gpus_bought: int
    servers: int
    """Needed for the load."""
    spare_servers: int = 0
    """Beyond it: for one that fails, or while an update rolls."""
    gpus_per_server: int
    meets: Literal["surely", "may"] = "surely"
    """The limits, by the interval of the prediction or by its middle alone."""
    performance: Performance | None = None
    """Of all servers that the load needs."""
    cost: Cost | None = None
    """Of all that is bought; None where it has no price."""
    network: str = ""
    """What has to join the hosts."""


class Rejected(Sizes):
    """A layout that is out, and the rules that say so."""

    codes: tuple[str, ...]
    message: str


class MathStep(_Document):
    """One formula with its numbers."""

    term: str
    formula: str
    numbers: dict[str, int | float | str | bool]
    bytes: Bytes | None = None
    """The result, where it is a size."""
    source: str = ""


class Provenance(_Document):
    """What a figure rests on."""

    figure: str
    """Its key in this document."""
    basis: Literal["counted", "measured", "read", "given"]
    """Counted as vLLM's code does; measured in runs; read in code or a document; given as data."""
    constant: str | None = None
    """Which of the constants that it is made from."""
    low: float | None = None
    mid: float | None = None
    high: float | None = None
    """About four runs in five lie from low to high."""
    unit: str = ""
    source: str = ""
    date: str | None = None
    points: int | None = None
    """Runs it rests on."""


class JudgedTarget(_Document):
    """A deployment that ``validate`` was given, and where its answer stands."""

    file: str
    part: str = ""
    """Which deployment of a file that describes several."""
    model: str | None = None
    gpus: tuple[str, ...] = ()
    """Its cluster, as ``--gpus`` takes it."""
    vllm_version: str | None = None
    layout: int | None = None
    """Its place in ``layouts``, from 0; None where there is none to judge."""


class Answer(_Document):
    """What ``recommend``, ``estimate`` and ``validate`` answer."""

    schema_: Literal["planner/1"] = Field(default="planner/1", alias="schema")
    command: Literal["recommend", "estimate", "validate"]
    vllm_version: str
    calibration: tuple[str, ...] = ()
    model: Model | None = None
    hardware: Hardware | None = None
    workload: Workload | None = None
    """None in a plan of a release before it was kept, and of several deployments unlike in it."""
    goal: Goal | None = None
    """As ``workload``."""
    layouts: tuple[Layout, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    math: tuple[MathStep, ...] | None = None
    """The arithmetic, where ``--show-math`` asked for it."""
    provenance: tuple[Provenance, ...] | None = None
    """What the figures of the first layout rest on, where a report asked for it."""
    fixed: tuple[Finding, ...] | None = None
    """What ``--fix`` took away; the other findings are of the files as they are now."""
    targets: tuple[JudgedTarget, ...] = ()
    """The deployments of ``validate``; ``model`` and ``hardware`` are what all of them share."""
    pareto: tuple[ParetoPoint, ...] | None = None
    """From the fastest token to the highest throughput, where ``--pareto`` asked for it."""
    purchases: tuple[Purchase, ...] | None = None
    """The cheapest first, where no GPUs were named; then those of larger loads."""
