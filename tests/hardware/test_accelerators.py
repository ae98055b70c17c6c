"""What must hold for every board's figures, whoever adds it."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import pytest

from planner.hardware import lookup
from planner.hardware.catalog import Catalog, data_root
from planner.units import GIB

if TYPE_CHECKING:
    from planner.hardware.accelerator import Accelerator

BOARDS = list(Catalog(data_root()).accelerators())
each_board = pytest.mark.parametrize("board", BOARDS, ids=lambda b: b.id)

#: boards whose rates do not double from one format to the next, and why
ODD_RATIOS = {
    "ascend-950dt": "announced figures",
    "b300-sxm6-270gb": "fp4 tripled, int8 nearly gone",
    "gb300-279gb": "fp4 tripled, int8 nearly gone",
    "gaudi3-128gb": "one rate for bf16 and fp8",
    "inferentia2-32gb": "one rate for bf16 and fp8",
    "trainium1-32gb": "one rate for bf16 and fp8",
    "trainium3-144gb": "fp8 units of their own",
    "l40s-48gb": "int4 contested",
    "mi100-32gb": "bf16 at half, int8 at the fp16 rate",
    "mi455x-432gb": "int8 at the fp16 rate",
    "p40-24gb": "no fast fp16",
    "rubin-r200-288gb": "announced figures",
}


def test_all_boards_of_the_survey_are_there() -> None:
    assert len(BOARDS) >= 118


@pytest.mark.parametrize(
    ("board_id", "low_gib"),
    [
        ("t4-16gb", 14.56),
        ("v100-sxm2-16gb", 15.75),
        ("v100-sxm2-32gb", 31.73),
        ("a10-24gb", 22.18),
        ("a10g-24gb", 22.06),
        ("l4-24gb", 21.96),
        ("a100-sxm4-40gb", 39.38),
        ("a100-sxm4-80gb", 79.15),
        ("a100-pcie-80gb", 79.15),
        ("a40-48gb", 44.40),
        ("rtx-4090-24gb", 23.52),
        ("h100-sxm5-80gb", 79.11),
        ("h100-nvl-94gb", 93.02),
        ("h200-sxm5-141gb", 139.72),
        ("b200-sxm6-180gb", 178.35),
        ("b300-sxm6-270gb", 267.69),
        ("gb200-186gb", 184.31),
        ("mi300x-192gb", 191.69),
        ("mi355x-288gb", 287.98),
        ("gb10-128gb", 121.63),
    ],
)
def test_memory_is_the_least_that_the_runtime_was_read_to_report(
    catalog: Catalog, board_id: str, low_gib: float
) -> None:
    board = catalog.accelerator(board_id)
    assert board.memory_evidence == "runtime"
    assert board.memory_bytes / GIB == pytest.approx(low_gib, abs=1e-6)


def test_a_t4_budget_is_what_its_runtime_leaves(catalog: Catalog) -> None:
    assert f"{0.95 * catalog.accelerator('t4-16gb').memory_bytes / GIB:.1f}" == "13.8"


@each_board
def test_memory_runs_from_low_over_high_to_the_name(board: Accelerator) -> None:
    assert board.nominal_gb is not None
    nominal = board.nominal_gb * GIB
    assert board.memory_bytes_low <= (board.memory_bytes_high or board.memory_bytes_low) <= nominal
    shared = board.unified_memory or any(c.field == "nominal_gb" for c in board.contested)
    assert board.memory_bytes_low > (0.6 if shared else 0.9) * nominal


@each_board
def test_memory_that_nobody_read_says_how_it_was_derived(board: Accelerator) -> None:
    readings = [r.total_bytes for r in board.memory_readings if r.by == "runtime"]
    if board.memory_evidence == "runtime":
        assert readings
        assert board.memory_bytes_low <= min(readings)
    else:
        assert board.memory_derivation
    if board.memory_evidence == "ratio":
        assert board.confidence == "low"


@each_board
def test_every_figure_has_a_source(board: Accelerator) -> None:
    named = {field for source in board.sources for field in source.fields}
    assert "memory_bytes_low" in named
    assert any(not source.fields for source in board.sources)
    assert all(hasattr(board, field) for field in named)
    assert all(source.accessed.year >= 2020 for source in board.sources)
    assert all(hasattr(board, c.field.partition(".")[0]) for c in board.contested)


@each_board
def test_rates_are_dense_and_double_with_each_halving(board: Accelerator) -> None:
    assert board.dense_flops or board.confidence == "low"
    if board.id in ODD_RATIOS:
        return
    rates = board.dense_flops
    # GeForce counts fp32 accumulation, which halves the float rates but not int8 and fp4;
    # AMD's older matrix units run int8 at the fp16 rate
    geforce = board.name.startswith("GeForce")
    old_amd = board.architecture in ("cdna2", "rdna3", "rdna3.5")
    allowed = {
        ("fp16", "bf16"): (1.0,),
        ("bf16", "fp8"): (2.0,),
        ("fp8", "fp4"): (4.0,) if geforce else (2.0,),
        ("fp16", "int8"): (4.0,) if geforce else (1.0,) if old_amd else (2.0,),
        ("int8", "int4"): (2.0,),
    }
    for (slow, fast), factors in allowed.items():
        if slow in rates and fast in rates:
            assert rates[fast] / rates[slow] == pytest.approx(factors[0], rel=0.05), (slow, fast)


def test_rates_per_unit_and_bandwidth_are_near_their_family() -> None:
    export_cuts = {"h20-96gb", "h20-141gb"}
    no_tensor_units = {"p40-24gb"}
    for board in BOARDS:
        family = [b for b in BOARDS if b.architecture == board.architecture]
        rates = [r for b in family if (r := _rate_per_unit(b))]
        own = _rate_per_unit(board)
        if own and board.id not in export_cuts | no_tensor_units:
            assert 0.4 <= own / median(rates) <= 2.5, board.id
        kin = [b for b in family if b.memory_type[:3] == board.memory_type[:3]]
        widths = [b.hbm_bytes_per_s for b in kin if b.hbm_bytes_per_s]
        if board.hbm_bytes_per_s:
            assert 1 / 3 <= board.hbm_bytes_per_s / median(widths) <= 3, board.id


def _rate_per_unit(board: Accelerator) -> float | None:
    rate = board.bf16_dense_flops or board.fp16_dense_flops
    return rate / board.compute_units if rate and board.compute_units else None


@each_board
def test_links_add_up(catalog: Catalog, board: Accelerator) -> None:
    link = board.link and catalog.link(board.link.kind)
    if link and board.link and board.link.bytes_per_s_one_way and board.link.links:
        raw = board.link.links * link.bytes_per_s_per_link_one_way
        assert board.link.bytes_per_s_one_way == pytest.approx(raw, rel=0.05)
    if board.pcie is not None:
        # from one generation to the next the rate doubles, bar the coding of PCIe 6.0
        per_lane = 15.75e9 / 16 * 2 ** (board.pcie.generation - 3)
        raw = board.pcie.lanes * per_lane
        assert board.pcie.bytes_per_s_one_way == pytest.approx(raw, rel=0.05)


@each_board
def test_the_reference_node_carries_this_board(catalog: Catalog, board: Accelerator) -> None:
    if board.reference_node is not None:
        node = lookup.find_node(catalog, board.reference_node)
        assert node is not None
        assert node.accelerator == board.id
        assert node.gpus_per_node == board.reference_gpus_per_node


@each_board
def test_cuda_boards_state_their_compute_capability(board: Accelerator) -> None:
    announced = board.status == "announced"
    stated = board.compute_capability is not None
    assert stated == (board.platform == "cuda" and not announced)
    assert board.id == board.id.lower()
    assert board.origin == "hardware_db"
