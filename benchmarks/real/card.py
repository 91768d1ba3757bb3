"""`card.md` of an experiment: what it was made of, what it found, what it does not show. Figures in, Markdown out."""

from typing import Any

from benchmarks.real.bench import BASELINES, RECIPES, Bench
from benchmarks.real.report import environment, template
from dgrc.storage.atomic import write_text
from dgrc.storage.provenance import provenance


def write_card(bench: Bench, result: dict[str, Any]) -> None:
    """Writes the card; what is not measured yet is said to be so."""
    settings = bench.settings
    config = settings.config()
    page = environment().from_string(template("card.md.jinja")).render(
        settings=settings, config=config, result=result, points=result["points"], details=result["details"],
        made=provenance(), recipes=RECIPES, baselines=BASELINES,
    )  # fmt: skip
    write_text(settings.out / "card.md", page)
