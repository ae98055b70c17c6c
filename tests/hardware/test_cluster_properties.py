"""Whatever is typed: a cluster that can be written down again, or one clear error."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from planner.errors import PlannerError
from planner.hardware.catalog import Catalog, data_root
from planner.hardware.cluster import Cluster, format_cluster, parse_cluster

CATALOG = Catalog(data_root())
NAMES = sorted({*CATALOG.index.accelerators, *CATALOG.index.nodes, *CATALOG.index.unclear})
NETWORKS = st.sampled_from(["", *(f"@{f}" for f in CATALOG.ids("fabrics")), "@2xib-ndr"])


def outcome(text: str) -> Cluster | PlannerError:
    """What parsing gives; anything but a planner's error passes through and fails the test."""
    try:
        return parse_cluster(text, CATALOG)
    except PlannerError as error:
        return error


@given(
    counts=st.lists(st.integers(min_value=0, max_value=40), max_size=2),
    name=st.sampled_from(NAMES) | st.sampled_from(CATALOG.ids("accelerators")),
    suffix=st.sampled_from(["", "-bridged"]),
    network=NETWORKS,
)
def test_formatting_what_was_parsed_is_stable(
    counts: list[int], name: str, suffix: str, network: str
) -> None:
    text = "".join(f"{count}x" for count in counts) + name + suffix + network
    cluster = outcome(text)
    if isinstance(cluster, PlannerError):
        return
    formatted = format_cluster(cluster)
    again = parse_cluster(formatted, CATALOG)
    assert format_cluster(again) == formatted
    assert again.groups == cluster.groups


@given(st.text(max_size=60))
def test_garbage_never_raises_anything_but_a_planner_error(text: str) -> None:
    if text.strip().lower() == "auto":
        return
    found = outcome(text)
    assert found.gpus >= 1 if isinstance(found, Cluster) else found.exit_code == 2


@given(st.text(alphabet="0123456789xX*@-. aAhHtTlL140gbGB", max_size=24))
def test_near_misses_of_the_grammar_are_read_or_mended(text: str) -> None:
    found = outcome(text)
    assert found.groups if isinstance(found, Cluster) else found.fix
