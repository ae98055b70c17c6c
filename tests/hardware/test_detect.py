"""The questions asked of the driver, against a stand-in for its library."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from planner.errors import ExitCode, UnavailableError
from planner.hardware import detect
from planner.hardware.machine import cluster_of

if TYPE_CHECKING:
    from planner.hardware.catalog import Catalog

GIB = 2**30
NAME = "NVIDIA A100 80GB PCIe"


class DriverError(Exception):
    pass


class Driver:
    """NVML of a machine with two bridged cards; what a card lacks raises, as in NVML."""

    NVMLError = DriverError
    NVML_DEVICE_MIG_ENABLE = 1
    NVML_NVLINK_MAX_LINKS = 18
    NVML_NVLINK_DEVICE_TYPE_SWITCH = 2
    NVML_P2P_STATUS_OK = 0
    nvmlMemory_v2 = 0x02000028  # noqa: N815, the library's name

    def __init__(self, *, mig: bool = False, old: bool = False, gpus: int = 2) -> None:
        self.mig, self.old, self.gpus = mig, old, gpus

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401, as the library
        answers = {
            "nvmlDeviceGetCount": lambda: self.gpus,
            "nvmlDeviceGetHandleByIndex": lambda i: f"gpu{i}",
            "nvmlDeviceGetUUID": lambda h: f"{'MIG' if '/' in h else 'GPU'}-{h.split()[0]}",
            "nvmlSystemGetDriverVersion": lambda: b"580.1",
            "nvmlSystemGetCudaDriverVersion_v2": lambda: 13000,
            "nvmlDeviceGetPciInfo": lambda h: SimpleNamespace(busId=f"0000:0{h[-1]}"),
            "nvmlDeviceGetName": lambda h: " ".join([NAME, *h.split()[1:]]),
            "nvmlDeviceGetCudaComputeCapability": lambda _: [8, 0],
            "nvmlDeviceGetMaxPcieLinkGeneration": lambda _: 4,
            "nvmlDeviceGetMaxPcieLinkWidth": lambda _: 16,
            "nvmlDeviceGetEnforcedPowerLimit": lambda _: 300_000,
            "nvmlDeviceGetMigMode": lambda _: [int(self.mig), int(self.mig)],
            "nvmlDeviceGetMaxMigDeviceCount": lambda _: 7,
            "nvmlDeviceGetNvLinkState": lambda _, link: int(link < 12),
            "nvmlDeviceGetNvLinkVersion": lambda _h, _l: 4,
            "nvmlDeviceGetNvLinkRemoteDeviceType": lambda _h, _l: 0,
            "nvmlDeviceGetP2PStatus": lambda _a, _b, _c: 0,
        }
        if name not in answers:
            raise AttributeError(name)
        return answers[name]

    def nvmlDeviceGetMigDeviceHandleByIndex(self, _: str, index: int) -> str:  # noqa: N802
        if index >= 2:
            raise DriverError
        return f"gpu0/{index} MIG 1g.10gb"

    def nvmlDeviceGetNvLinkRemotePciInfo(self, handle: str, _: int) -> Any:  # noqa: ANN401, N802
        return SimpleNamespace(busId=f"0000:0{1 - int(handle[-1])}")

    def nvmlDeviceGetMemoryInfo(self, _: str, version: int = 0) -> Any:  # noqa: ANN401, N802
        if version and self.old:
            raise DriverError
        return SimpleNamespace(total=80 * GIB, reserved=GIB // 2, used=GIB)


def test_a_pair_of_cards_is_read_whole(catalog: Catalog) -> None:
    (first, second) = detect._read_all(Driver(), None).gpus
    assert first.name == NAME
    assert (first.total_bytes, first.reserved_bytes, first.used_bytes) == (80 * GIB, GIB // 2, GIB)
    assert (first.compute_capability, first.power_limit_watts) == ((8, 0), 300.0)
    assert [(link.count, link.to_gpu) for link in second.links] == [(12, 0)]
    assert first.p2p is True
    (group,) = cluster_of(detect._read_all(Driver(), None), catalog).groups
    assert (group.accelerator.id, group.scale_up_domain) == ("a100-pcie-80gb", 2)
    assert (group.memory_bytes, group.taken_bytes) == (80 * GIB - GIB // 2, GIB)


def test_an_old_driver_does_not_tell_what_it_keeps() -> None:
    assert detect._read_all(Driver(old=True), None).gpus[0].reserved_bytes is None


def test_a_cut_gpu_is_its_slices(catalog: Catalog) -> None:
    answer = detect._read_all(Driver(mig=True, gpus=1), None)
    assert [gpu.name for gpu in answer.gpus] == [f"{NAME} MIG 1g.10gb"] * 2
    assert cluster_of(answer, catalog).groups[0].scale_up_domain == 1


@pytest.mark.parametrize(
    ("visible", "count"), [("0", 2), ("GPU-gpu0", 2), ("MIG-gpu0/1", 1), ("MIG-gpu0/1,MIG-x", 1)]
)
def test_slices_are_shown_by_their_gpu_or_their_own_uuid(visible: str, count: int) -> None:
    answer = detect._read_all(Driver(mig=True, gpus=1), visible)
    assert [gpu.name for gpu in answer.gpus] == [f"{NAME} MIG 1g.10gb"] * count


@pytest.mark.parametrize(
    ("visible", "count"), [("1", 1), ("0,1", 2), ("GPU-gpu1", 1), ("1,5,0", 1), ("0,0,1", 1)]
)
def test_hidden_gpus_are_left_out_as_cuda_does(visible: str, count: int) -> None:
    assert len(detect._read_all(Driver(), visible).gpus) == count


@pytest.mark.parametrize("visible", ["", "-1", "NoDevFiles", "7", "MIG-gpu0/0"])
def test_when_all_are_hidden_it_says_by_what(visible: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        detect._read_all(Driver(), visible)
    assert "CUDA_VISIBLE_DEVICES" in caught.value.cause
    assert caught.value.exit_code == ExitCode.UNAVAILABLE


def test_a_machine_without_a_driver_is_told_what_to_type() -> None:
    try:
        detect.read_nvml()
    except UnavailableError as error:
        found = error
    else:
        pytest.skip("this machine has GPUs")
    assert found.exit_code == 3
    assert "--gpus" in found.fix
