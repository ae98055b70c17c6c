"""Recommend without GPUs: which hardware serves a load, and its layout."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner import plan
from planner.arithmetic import arithmetic
from planner.curves import curves
from planner.describe import (
    describe_goal,
    describe_hardware,
    describe_layout,
    describe_model,
    describe_workload,
    paid,
    performance,
    price_in,
    with_cost,
)
from planner.describe.purchase import describe_purchase
from planner.hardware.cluster import parse_cluster
from planner.hardware.offers import Offer, not_priced
from planner.provenance import provenance
from planner.rank.words import structure
from planner.rules import cst001_nothing_affordable as rule
from planner.rules import cst004_other_hardware_is_cheaper as dearer
from planner.rules import cst005_first_token_comes_late as late
from planner.rules.base import Explanation, row_findings, stamp
from planner.shopping import Purchase, cheapest, load_of, stocks

if TYPE_CHECKING:
    from planner.finding import Finding
    from planner.request import Request
    from planner.resolve import Subject


def shop(subject: Subject) -> plan.Answer:
    """The cheapest hardware first, and in full one server of the first."""
    goal = subject.request.goal
    named = load_of(subject.request)
    found = list(stocks(subject)) if named and not subject.refused else []
    load = named[0] if named else 0.0
    bought = cheapest(found, goal, load)[: subject.request.top]
    grown = [each for times in goal.growth for each in cheapest(found, goal, load, times)[:1]]
    first = subject
    if bought:
        first = replace(subject, cluster=parse_cluster(bought[0].text))
    return plan.Answer.model_construct(
        command="recommend",
        vllm_version=subject.version.name,
        calibration=first.calibrated_by,
        model=describe_model(subject),
        hardware=describe_hardware(first),
        workload=describe_workload(subject.request.workload),
        goal=describe_goal(subject.request.goal),
        layouts=tuple(_layout(subject, each) for each in bought[:1]),
        purchases=tuple(_document(each) for each in (*bought, *grown)),
        findings=(*subject.findings, *_findings(subject, bought)),
        notes=(*subject.source.notes, *_notes(subject)),
        **(_told(subject.request, bought[0]) if bought else {}),
    )


def _told(request: Request, bought: Purchase) -> dict[str, Any]:
    """What is told of a purchase's layout where it is asked for."""
    case, row = bought.stock.case, bought.row
    return {
        "math": arithmetic(case, row) if request.show_math else None,
        "provenance": provenance(case, request.storage) if request.show_sources else None,
    }


def grown(subject: Subject) -> tuple[plan.Purchase, ...]:
    """What the load and larger ones take of the nodes that are named."""
    named, goal = load_of(subject.request), subject.request.goal
    found = list(stocks(subject, _own_nodes(subject)))
    bought = (cheapest(found, goal, named[0], n)[:1] for n in (1.0, *goal.growth) if named)
    return tuple(_document(each) for some in bought for each in some)


def cheaper(subject: Subject) -> tuple[Finding, ...]:
    """Whether other hardware serves the load for clearly less than the nodes that are named."""
    named, goal = load_of(subject.request), subject.request.goal
    if named is None:
        return ()
    own = cheapest(list(stocks(subject, _own_nodes(subject))), goal, named[0])[:1]
    other = cheapest(list(stocks(subject)), goal, named[0])[:1]
    spent, best = (some[0].usd_per_hour if some else None for some in (own, other))
    if spent is None or best is None or best > dearer.CLEARLY * spent:
        return ()
    return (
        stamp(
            dearer,
            Explanation(
                message=f"{other[0].text} serves the load for ${best:,.2f} an hour; of these nodes "
                f"{own[0].text} does for ${spent:,.2f}",
                cause="both in whole nodes, each under its best layout, at dated prices",
                fix=f"--gpus {other[0].text}, or leave --gpus out to compare more",
            ),
        ),
    )


def _own_nodes(subject: Subject) -> tuple[Offer, ...]:
    """One node of each group that is named."""
    return tuple(
        Offer(
            node=replace(group, nodes=group.nodes_per_rack, hosts=(), addresses=()),
            price=price_in(subject, group),
        )
        for group in subject.groups
    )


def _document(bought: Purchase) -> plan.Purchase:
    stock = bought.stock
    return describe_purchase(
        stock.case,
        bought.row,
        multiple=bought.multiple,
        gpus=(bought.text, bought.gpus),
        servers=(bought.servers, bought.spare),
        load=bought.load,
        rate=stock.carried.rate,
        stands=int(stock.carried.stands[bought.row]),
        price=stock.offer.price,
    )


def _layout(subject: Subject, bought: Purchase) -> plan.Layout:
    """One server of a purchase, with its commands."""
    case, row = bought.stock.case, bought.row
    request = subject.request
    servers = f"{bought.servers} servers" if bought.servers > 1 else "one server"
    layout = describe_layout(
        case,
        row,
        model=subject.source.served,
        revision=request.revision,
        executor=request.executor,
        storage=request.storage,
        curves=curves(case, row, wanted=request.show_curves),
        speed=performance(case, row, *_load(bought)),
        why=", ".join([f"{servers} of it on {bought.text} carry the load", *structure(case, row)]),
        findings=row_findings(case, [row])[0],
        notes=(f"on {case.group.text}",),
    )
    return with_cost(layout, bought.stock.offer.price)


def _load(bought: Purchase) -> tuple[float | None, float | None]:
    """Of one server: requests in flight, or requests a second."""
    return (None, bought.load) if bought.stock.carried.rate else (bought.load, None)


def _findings(subject: Subject, bought: list[Purchase]) -> tuple[Finding, ...]:
    """What is wrong with the request, or with what comes first."""
    if bought:
        return () if subject.request.workload.ttft_ms is not None else _late(bought[0])
    return () if subject.refused else (_nothing(subject),)


def _late(bought: Purchase) -> tuple[Finding, ...]:
    """The first token waits for other prompts, and no limit says how long it may."""
    case, row = bought.stock.case, bought.row
    loaded = performance(case, row, *_load(bought))
    alone = performance(case, row, 1.0)
    if not loaded or not alone or loaded.ttft_ms is None or alone.ttft_ms is None:
        return ()
    if loaded.ttft_ms <= max(late.LATE_MS, late.TIMES_ALONE * alone.ttft_ms):
        return ()
    acceptable = round(late.TIMES_ALONE * alone.ttft_ms, -2)
    return (
        stamp(
            late,
            Explanation(
                message=f"on {bought.text} the first token comes after "
                f"{loaded.ttft_ms / 1000:,.1f} s",
                cause=f"a request alone waits {alone.ttft_ms / 1000:,.1f} s; the others are "
                "prompts before it, and nothing limits them",
                fix=f"--ttft-ms {acceptable:.0f}, or what is acceptable",
            ),
        ),
    )


def _nothing(subject: Subject) -> Finding:
    """Nothing that may be bought serves the load."""
    goal = subject.request.goal
    where = f"among {', '.join(goal.among)}" if goal.among else "of all priced hardware"
    money = f" for ${goal.max_cost:g} an hour" if goal.max_cost is not None else ""
    return stamp(
        rule,
        Explanation(
            message=f"nothing {where} serves the load within the limits{money}",
            cause="no server of any layout keeps them even for one request, or it costs more",
            fix="loosen --tpot-ms, --ttft-ms or --max-cost, or name other boards with --among",
        ),
    )


def _notes(subject: Subject) -> tuple[str, ...]:
    """What could not be compared."""
    goal = subject.request.goal
    if goal.among:
        return ()
    left = not_priced(paid(subject.request))
    some = ", ".join(left[:4])
    said = f"{len(left)} boards have no price here and are left out ({some} …)"
    return (f"{said}: --price NAME=USD or --among NAME takes them in",)
