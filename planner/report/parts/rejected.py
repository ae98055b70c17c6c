"""The layouts that are out, by what is against them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.report.parts.words import layout_name

if TYPE_CHECKING:
    from planner.plan import Answer

_NUMBER = re.compile(r"\d[\d,.]*")


@frozen
class RejectedGroup:
    """Layouts that one rule is against for one reason, and its words on the first of them."""

    code: str
    message: str
    names: list[str]


def rejected_groups(answer: Answer) -> list[RejectedGroup]:
    """The rejected layouts by the first rule that is against them, numbers aside by its words.

    A rule may have several reasons: the words on one layout need not be true of another.
    """
    groups: dict[tuple[str, str], RejectedGroup] = {}
    for out in answer.rejected:
        code = out.codes[0] if out.codes else ""
        made = RejectedGroup(code=code, message=out.message, names=[])
        groups.setdefault((code, _NUMBER.sub("", out.message)), made).names.append(layout_name(out))
    codes = list(dict.fromkeys(group.code for group in groups.values()))
    return sorted(groups.values(), key=lambda group: codes.index(group.code))
