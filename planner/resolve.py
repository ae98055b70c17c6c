"""From a request to what it means: the model read, the cluster known, vLLM's version settled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.calibration import SHIPPED, Calibration, load_calibration
from planner.case import Case
from planner.constants import platform_family
from planner.errors import UsageError
from planner.finding import Severity
from planner.frozen import frozen
from planner.hardware.cluster import Cluster, with_taken
from planner.lookups import Lookups
from planner.memory.stages import vllm_partition
from planner.model.batch_tensors import batch_tensors
from planner.model.drafter import NO_DRAFTER, Drafter
from planner.model.drafting import find_drafter
from planner.model.encoder_items import encoder_items
from planner.model.keys import Keys
from planner.model.layer_kinds import layer_kinds
from planner.model.overrides import with_overrides
from planner.model.parameters import count_parameters
from planner.quant.read import quantization_config, read_quantization
from planner.quant.unquantized import UNQUANTIZED
from planner.rules.base import AskedModel, find_rule, model_findings
from planner.rules.ver003_option_unknown import own_option_findings
from planner.rules.ver009_model_read_from_keys import read_from_keys
from planner.settings import compute_capability, settle
from planner.vllm.version import VllmVersion, find_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.finding import Finding
    from planner.hardware.cluster import NodeGroup
    from planner.layout import Layouts
    from planner.model.architecture import Architecture
    from planner.model.layer_kinds import LayerKinds
    from planner.model.source import ModelSource
    from planner.quant.base import Quantization
    from planner.request import Request

PARTITION = "VLLM_PP_LAYER_PARTITION"
#: of a GPU that others fill: no layout fits, and the answer says so
_LEAST_SHARE = 0.01


@frozen
class Subject:
    """What a request is about.

    ``findings`` are about the model itself; where one is an error, vLLM refuses the model
    whatever the layout, and ``architecture`` may be unknown.
    """

    request: Request
    source: ModelSource
    cluster: Cluster
    version: VllmVersion
    findings: tuple[Finding, ...]
    architecture: Architecture | None
    quantization: Quantization
    calibration: Calibration = SHIPPED
    drafter: Drafter = NO_DRAFTER
    kinds: LayerKinds | None = None
    """The architecture's layers by kind."""
    parameters: int | None = None
    """What the architecture counts; both None where it is unknown."""

    @property
    def known(self) -> Architecture:
        """The architecture, where the model is not refused."""
        if self.architecture is None:
            raise RuntimeError("a refused model has no architecture")
        return self.architecture

    @property
    def groups(self) -> tuple[NodeGroup, ...]:
        """Groups of like hosts; a layout stays within one."""
        return self.cluster.groups

    @property
    def calibrated_by(self) -> tuple[str, ...]:
        """The files that were learnt here and change a constant of some group."""
        found = (
            self.calibration.files(self.version.number, _family(group)) for group in self.groups
        )
        return tuple(dict.fromkeys(file for files in found for file in files))

    @property
    def refused(self) -> bool:
        """Whether vLLM refuses the model whatever the layout."""
        return any(found.severity is Severity.ERROR for found in self.findings)


def resolve(
    request: Request, environ: Mapping[str, str], lookups: Lookups | None = None
) -> Subject:
    """Find and read everything a request names.

    ``lookups`` keeps what requests of one run name more than once.

    Raises:
        PlannerError: something it names is unknown, unreadable or out of reach.
    """
    for code in request.allow:
        find_rule(code)
    lookups = lookups or Lookups()
    cluster = _cluster(request, lookups)
    version = find_version(request.vllm_version)
    source = with_overrides(lookups.model(request, environ), request.pinned.hf_overrides)
    asked_model = AskedModel(keys=Keys(source.config), arguments=request.pinned, version=version)
    findings = (*model_findings(asked_model), *own_option_findings(request, version))
    refused = any(found.severity is Severity.ERROR for found in findings)
    asked = request.pinned.quantization
    quantization = UNQUANTIZED if refused else lookups.made(read_quantization, source.config, asked)
    architecture = None if refused else lookups.architecture(source.config, request.pinned, version)
    source = _told_from_keys(source, architecture)
    drafter, notes = _drafter(request, architecture, source, environ)
    return Subject(
        request=request,
        source=replace(source, notes=(*source.notes, *notes, *request.workload.notes)),
        cluster=cluster,
        version=version,
        findings=(*findings, *read_from_keys(architecture, version)),
        architecture=architecture,
        quantization=quantization,
        calibration=load_calibration(environ) if request.calibration else SHIPPED,
        drafter=drafter,
        kinds=lookups.made(layer_kinds, architecture, quantization) if architecture else None,
        parameters=lookups.made(count_parameters, architecture) if architecture else None,
    )


def _drafter(
    request: Request,
    architecture: Architecture | None,
    source: ModelSource,
    environ: Mapping[str, str],
) -> tuple[Drafter, tuple[str, ...]]:
    if architecture is None:
        return NO_DRAFTER, ()
    offline = request.offline
    return find_drafter(
        request.pinned, architecture, source.config, offline=offline, environ=environ
    )


def _cluster(request: Request, lookups: Lookups) -> Cluster:
    if not request.gpus:
        return Cluster(groups=(), assumptions=())
    cluster = lookups.cluster(request.gpus)
    taken = request.memory_taken
    return cluster if taken is None else with_taken(cluster, taken)


def _family(group: NodeGroup) -> str:
    board = group.accelerator
    return platform_family(board.platform, compute_capability(board))


def _told_from_keys(source: ModelSource, architecture: Architecture | None) -> ModelSource:
    """The source, with what was assumed to read the model's class."""
    if architecture is None:
        return source
    trust = "keys" if architecture.read_like else source.trust
    return replace(source, trust=trust, notes=(*source.notes, *architecture.notes))


def table(
    subject: Subject,
    group: NodeGroup,
    layouts: Layouts,
    *,
    shorten: bool = False,
    one_host_command: bool = False,
) -> Case:
    """The case of one group of hosts over a table of layouts."""
    request = subject.request
    return Case(
        architecture=subject.known,
        quantization=subject.quantization,
        kinds=subject.kinds or layer_kinds(subject.known, subject.quantization),
        group=group,
        layouts=layouts,
        arguments=request.pinned,
        settings=settle(
            request.pinned,
            subject.known,
            group.accelerator,
            subject.version,
            quantization_config=quantization_config(subject.source.config),
            default_utilization=own_share(request, group),
        ),
        version=subject.version,
        environment={k: v for k, v in request.environment.items() if k != PARTITION},
        allowed=frozenset(find_rule(code).CODE for code in request.allow),
        partitions=_partitions(request, subject.known, layouts),
        shorten=shorten,
        one_host_command=one_host_command,
        calibration=subject.calibration,
        batch_tensors=batch_tensors(subject.source.config),
        encoder_items=encoder_items(subject.source.config),
        drafter=subject.drafter,
        workload=request.workload,
    )


def own_share(request: Request, group: NodeGroup) -> float | None:
    """The share this planner takes where nobody fixed one: what others hold comes off it.

    None where the vLLM version's own default counts, whatever is free.
    """
    share = request.default_gpu_memory_utilization
    if share is None:
        return None
    return max(round(share - group.taken_bytes / group.memory_bytes, 2), _LEAST_SHARE)


def fixed_division(request: Request) -> tuple[int, ...]:
    """Layers of each stage as the environment sets them; empty where it does not.

    What is no list of numbers is one stage of no layers, which matches no model.
    """
    text = request.environment.get(PARTITION)
    try:
        return tuple(int(word) for word in text.split(",")) if text else ()
    except ValueError:
        return (0,)


def _partitions(
    request: Request, architecture: Architecture, layouts: Layouts
) -> tuple[tuple[int, ...], ...] | None:
    """The division that the environment sets for all rows, checked as vLLM checks it."""
    if not (sizes := fixed_division(request)):
        return None
    stages, layers = int(layouts.pp.max(initial=1)), architecture.num_layers
    if len(sizes) != stages or sum(sizes) != layers or min(sizes, default=0) < 1:
        raise UsageError(
            f"{PARTITION}={request.environment[PARTITION]} does not match {stages} stages of"
            f" {layers} layers",
            cause="it lists the layers of each stage, and they sum to the model's",
            fix=f"{PARTITION}={','.join(map(str, vllm_partition(layers, stages)))}",
        )
    return (sizes,) * len(layouts)
