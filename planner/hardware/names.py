"""Product names, cloud names and nicknames brought to one spelling."""

from __future__ import annotations

import re

#: words that makers put in front or behind and people leave out
_NOISE = frozenset({"nvidia", "amd", "intel", "geforce", "tesla", "instinct", "graphics"})
_ODD = re.compile(r"[^\w .,:+/()\[\]-]|[^\x00-\x7f]")
_TOKEN = re.compile(r"[a-z0-9.]+")
_SIZE = re.compile(r"^([0-9]+)(?:g|gb|gib)$")
_FORM = re.compile(r"^(?:pcie|sxm[0-9]|nvl|ws|server|maxq)$")
_MIG = re.compile(r"[ _-]mig[ _-]+([0-9]+g\.[0-9]+gb(?:[+-]\w+(?:\.\w+)?)?)$", re.IGNORECASE)


def name_key(name: str) -> str:
    """The spelling under which names are compared; empty when it cannot be a name.

    >>> name_key("NVIDIA A100-SXM4-80GB"), name_key("a100 sxm4 80g")
    ('a100sxm480gb', 'a100sxm480gb')
    """
    return "".join(_tokens(name))


def full_key(name: str) -> str:
    """As ``name_key`` with makers' words kept: a cloud's own label may hang on them.

    >>> full_key("nvidia-tesla-a100")
    'nvidiateslaa100'
    """
    return "".join(_tokens(name, noise=frozenset()))


def split_size(name: str) -> tuple[str, str]:
    """The key of a name without its memory size, and the size; empty when it ends in none.

    >>> split_size("3090 24GB")
    ('3090', '24gb')
    """
    tokens = _tokens(name)
    if not tokens or not _SIZE.match(tokens[-1]):
        return "".join(tokens), ""
    return "".join(tokens[:-1]), tokens[-1]


def split_mig(name: str) -> tuple[str, str | None]:
    """A name without its MIG suffix, and the profile.

    >>> split_mig("NVIDIA A100 80GB PCIe MIG 1g.10gb")
    ('NVIDIA A100 80GB PCIe', '1g.10gb')
    """
    found = _MIG.search(name)
    return (name[: found.start()], found[1].lower()) if found else (name, None)


def id_parts(accelerator_id: str) -> tuple[str, tuple[str, ...]]:
    """The model of an accelerator's id, and the parts that tell its versions apart.

    >>> id_parts("a100-sxm4-80gb")
    ('a100', ('sxm4', '80gb'))
    """
    tokens = accelerator_id.split("-")
    versions = tuple(t for t in tokens[1:] if _FORM.match(t) or _SIZE.match(t))
    return "".join(t for t in tokens if t not in versions), versions


def generated_keys(accelerator_id: str) -> set[str]:
    """Keys that follow from an id: form or size left out, swapped, ``sxm`` for ``sxm4``.

    >>> sorted(generated_keys("l4-24gb"))
    ['l4', 'l424gb']
    """
    model, versions = id_parts(accelerator_id)
    forms = [v for v in versions if _FORM.match(v)]
    sizes = [v for v in versions if _SIZE.match(v)]
    keys = {model}
    for form in {f for v in forms for f in (v, plain_form(v))}:
        keys.add(model + form)
        keys.update(model + a + b for s in sizes for a, b in ((form, s), (s, form)))
    keys.update(model + s for s in sizes)
    keys.add(name_key(accelerator_id))
    return keys


def plain_form(form: str) -> str:
    """``sxm4`` as people type it: ``sxm``; other forms as they are."""
    return "sxm" if form.startswith("sxm") else form


def leaves_open(alias_key: str, chosen: str, other: str) -> bool:
    """True when a name for ``chosen`` could as well mean ``other``, a version of the same model.

    >>> leaves_open("a100", "a100-sxm4-80gb", "a100-pcie-80gb")
    True
    >>> leaves_open("a100sxm80gb", "a100-sxm4-80gb", "a100-pcie-80gb")
    False
    """
    model, versions = id_parts(chosen)
    other_model, other_versions = id_parts(other)
    if model != other_model or chosen == other or not alias_key.startswith(model):
        return False
    rest = alias_key[len(model) :]
    for version in sorted((*versions, *map(plain_form, versions)), key=len, reverse=True):
        if version in rest:
            rest = rest.replace(version, "", 1)
            shared = {*other_versions, *map(plain_form, other_versions)}
            if version not in shared:
                return False
    return not rest


def _tokens(name: str, noise: frozenset[str] = _NOISE) -> list[str]:
    text = name.lower().replace("(r)", "").replace("(tm)", "")
    if _ODD.search(text):
        return []
    words = [t for t in _TOKEN.findall(text) if t not in noise]
    return [_SIZE.sub(r"\1gb", word) for word in words]
