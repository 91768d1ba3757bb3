"""Figures in; docs/real_students.md (of the record) and `card.md` (of a folder) out. Wording: the templates beside."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from benchmarks.real.bench import BASELINES, Bench
from benchmarks.shared.record import RESULTS, ROOT
from dgrc.storage.atomic import write_text
from dgrc.storage.provenance import provenance

FOLDER = Path(__file__).parent
PAGE = ROOT / "docs" / "real_students.md"


def environment() -> jinja2.Environment:
    """How figures are shown: shares with three digits and their interval, `-` where there is none."""
    made = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    made.filters |= {"interval": interval, "figure": figure, "share": share, "quoted": quoted}
    return made


def template(name: str) -> str:
    """The text of a template of this folder."""
    return (FOLDER / name).read_text(encoding="utf-8")


def render(record: Mapping[str, Any] | None) -> str:
    """The page of a record; without one it says that nothing is measured."""
    return environment().from_string(template("real_students.md.jinja")).render(
        record=record, points=(record or {}).get("points", {}), details=(record or {}).get("details", {}),
        baselines=BASELINES, ahead=ahead,
    )  # fmt: skip


def write_page(result: Mapping[str, Any], page: Path = PAGE) -> None:
    """Writes the page of the newest record, which is this result's."""
    page.write_text(render(newest() or result), encoding="utf-8")


def write_card(bench: Bench, result: dict[str, Any]) -> None:
    """Writes the card; what is not measured yet is said to be so."""
    settings = bench.settings
    config = settings.config()
    page = environment().from_string(template("card.md.jinja")).render(
        settings=settings, config=config, result=result, points=result["points"], details=result["details"],
        made=provenance(), recipes=bench.recipes, baselines=BASELINES,
        trained=result["points"].get(f"train-dgrc-{settings.seeds[0]}"),
    )  # fmt: skip
    write_text(settings.out / "card.md", page)


def newest(folder: Path = RESULTS) -> dict[str, Any] | None:
    """The newest record, if any."""
    records = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("real_*.json"))]
    records = [record for record in records if "details" in record and "points" in record]
    return max(records, key=lambda record: record["date"], default=None)


def ahead(details: Mapping[str, Any], score: str = "as_read") -> list[tuple[str, str]]:
    """(group, recipe) where another recipe's mean is above DGRC's: the losses."""
    return [
        (group, name)
        for group, by_score in details.get("groups", {}).items()
        for name, value in by_score[score]["against"].items()
        if value["mean"] is not None and value["mean"] < 0
    ]


def interval(value: Mapping[str, float | None] | None) -> str:
    """Mean with its ends, as far as there are any."""
    if not value or value["mean"] is None:
        return "-"
    if value["low"] is None or value["high"] is None:
        return f"{value['mean']:.3f}"
    return f"{value['mean']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"


def share(value: Mapping[str, Any] | None) -> str:
    """A share of the premise with its ends and its number."""
    if not value or value.get("share") is None:
        return "-"
    return f"{value['share']:.3f} [{value['low']:.3f}, {value['high']:.3f}] of {value['n']:,}"


def figure(value: float | None) -> str:
    """A figure with three digits, or `-`."""
    return "-" if value is None else f"{value:.3f}"


def quoted(text: str) -> str:
    """A model's words as a Markdown block that shows them letter by letter."""
    return "\n".join(f"    {line}" for line in text.splitlines() if line.strip()) or "    (nothing)"
