"""Write the embedded catalogue from a folder of collected configurations.

The folder holds one config.json a model, named as ``file`` of its ``INDEX.csv`` says, and
``hf_quant/`` with the ``hf_quant_config.json`` of checkpoints that keep one. Kept is what bears on
memory, speed and validity (``keys.toml``) of the models that check out
(``checks.py``); the others are printed with the reason.

Usage: ``python -m scripts.catalog.build SOURCE_DIR``.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any

from planner.model.compact_lists import pack
from planner.model.config_file import read_object, with_modelopt
from planner.model.dimensions import check_dimensions
from scripts.catalog.checks import Evidence, Model, Verdict
from scripts.catalog.keys import Keys
from scripts.catalog.unquantized import with_unquantized

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "planner" / "model" / "catalog_data"
TITLE = "# written by scripts/catalog/build.py: id, architecture, quantization, parameters, "
TITLE += "checkpoint bytes, trust, whether its publisher made it"


def read_models(folder: Path, evidence: Evidence) -> list[Model]:
    """Every collected model, by id; a configuration that cannot be one stops the script."""
    with (folder / "INDEX.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    models = []
    for row in sorted(lines, key=lambda row: row["repo_id"].lower()):
        config = read_object(folder / row["file"])
        beside = folder / "hf_quant" / row["file"]
        if beside.exists():
            config = with_modelopt(config, read_object(beside))
        check_dimensions(config, row["file"])
        patterns = evidence.unquantized(row["repo_id"])
        if patterns:
            config = with_unquantized(config, patterns)
        models.append(Model(row=row, config=config))
    return models


def judge_all(models: list[Model], evidence: Evidence) -> dict[str, Verdict]:
    """The verdict on each, by id: first those that settle themselves."""
    verdicts = {model.id: evidence.judge_alone(model) for model in models}
    return {model.id: verdicts[model.id] or evidence.judge(model) for model in models}


def record(model: Model, verdict: Verdict, evidence: Evidence, keys: Keys) -> dict[str, Any]:
    """The catalogue's line of one model."""
    source = f"{model.source}; {verdict.reason}" if verdict.reason else model.source
    stated = {
        "note": evidence.note(model),
        "license": model.row["license"] or None,
        "gated": model.row["gated"] == "yes" or None,
    }
    return {
        "id": model.id,
        "source": source,
        **{key: value for key, value in stated.items() if value},
        "config": pack(keys.normalise(model.config)),
    }


def index_line(model: Model, verdict: Verdict, evidence: Evidence) -> str:
    """The index's line of one model."""
    organisation = model.id.split("/")[0]
    fields = (
        model.id,
        model.row["architecture"],
        quantization_name(model.quantization),
        evidence.parameters(model),
        model.row["safetensors_bytes"],
        verdict.trust,
        "no" if evidence.is_republisher(organisation) else "yes",
    )
    return "\t".join("" if field is None else str(field) for field in fields)


def quantization_name(config: dict[str, Any] | None) -> str | None:
    """What the index says of the number format: method, and ModelOpt's algorithm."""
    if config is None:
        return None
    inner = config.get("quantization", config)
    method = config.get("quant_method") or "modelopt"
    algorithm = inner.get("quant_algo")
    return f"{method} {algorithm}".lower() if algorithm else str(method)


def write(models: list[Model], verdicts: dict[str, Verdict], evidence: Evidence) -> Keys:
    """The data files: the index, and one file an organisation."""
    keys = Keys()
    kept = [model for model in models if verdicts[model.id].trust]
    TARGET.mkdir(exist_ok=True)
    for old in TARGET.glob("*.jsonl"):
        old.unlink()
    for organisation, members in groupby(kept, key=lambda model: model.id.split("/")[0]):
        records = [record(model, verdicts[model.id], evidence, keys) for model in members]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in records)
        (TARGET / f"{organisation}.jsonl").write_text(text, encoding="utf-8")
    lines = [index_line(model, verdicts[model.id], evidence) for model in kept]
    (TARGET / "index.tsv").write_text("\n".join([TITLE, *lines, ""]), encoding="utf-8")
    return keys


def report(verdicts: dict[str, Verdict], keys: Keys) -> None:
    """Print what was kept, what was left out, and why."""
    trust = Counter(verdict.trust for verdict in verdicts.values() if verdict.trust)
    print(f"kept {trust.total()} of {len(verdicts)}:", dict(trust))
    print("left out:")
    for name, verdict in verdicts.items():
        if not verdict.trust:
            print(f"  {name}: {verdict.reason}")
    print(f"keys dropped ({len(keys.dropped)}):", ", ".join(sorted(keys.dropped)))
    size_bytes = sum(path.stat().st_size for path in TARGET.iterdir())
    print(f"{size_bytes:,} bytes in {TARGET.relative_to(ROOT)}")


def main() -> None:
    """Build it and say what was left out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("source", type=Path, metavar="SOURCE_DIR")
    evidence = Evidence(Path(__file__).with_name("evidence.toml"))
    models = read_models(parser.parse_args().source, evidence)
    verdicts = judge_all(models, evidence)
    report(verdicts, write(models, verdicts, evidence))


if __name__ == "__main__":
    main()
