"""How long does it take to read an answer as a measure, beside the parser of an earlier commit?

    python -m benchmarks.quantities

Answers without and with a unit are read by this code and by the `answer_forms` of commit d7c6703, which is taken from
git's history into a temporary folder. Both read the same answers in turn, uncached, so that what else runs on the
machine slows both; of each answer the fastest of many readings counts. Microseconds an answer are medians over the
answers.
Last line of output: one JSON object, recorded in results/.
"""

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.shared.record import ROOT, record
from dgrc.method.quantities.grammar import read

BEFORE = "d7c6703"
MODULE = "dgrc/method/reading/answer_forms.py"
WITHOUT_UNIT = (
    "5", "1,000", "-3", "0.5", "1/2", "12.5", "3.14159", "1,000.50", "2e5", "120/80", "the supreme court",
    "hyperkalemia", "aspirin and clopidogrel", "no patient should get it", "not liable",
    "the plaintiff, because it bears the burden",
    "Section 12.10", "Rule 12(b)(6)", "42 U.S.C. \u00a7 1983", "type 2 diabetes", "at the time of filing",
    "acetylcysteine", "negligence per se", "vitamin B12", "twenty-one", "yes, if it is in writing",
)  # fmt: skip
WITH_UNIT = (
    "5 mg", "5 km", "37 \u00b0C", "$1,000", "10 mg/kg", "20 kPa", "5 %", "3 days", "100 mL", "12 hours", "5 mg/dL",
    "60 min", "7 years", "20 euros", "9.8 m/s^2", "4 m2", "about 1,000.50 mg.", "2.5e3 m/s", "90 days", "0.5 L",
)  # fmt: skip


@click.command()
@click.option("--rounds", default=200, show_default=True, type=click.IntRange(min=1), help="Readings of each answer.")
@click.option("--write/--no-write", default=True, help="Record the result.")
def main(rounds: int, write: bool) -> None:
    """Reads answers by both parsers in turn."""
    result: dict[str, Any] = {"before": BEFORE, "rounds": rounds, "load_average": os.getloadavg()[0]}
    before = earlier_parser(BEFORE)
    for name, answers in (("without_unit", WITHOUT_UNIT), ("with_unit", WITH_UNIT)):
        now, then = side_by_side(read, before, answers, rounds)
        result[name] = {
            "answers": len(answers), "median_us": round(statistics.median(now), 2), "most_us": round(max(now), 2),
            "median_us_before": round(statistics.median(then), 2),
            "ratio": round(statistics.median(a / b for a, b in zip(now, then, strict=True)), 3),
            "ratio_of_medians": round(statistics.median(now) / statistics.median(then), 3),
        }  # fmt: skip
    if write:
        record("quantities", result, command=f"quantities --rounds {rounds}")
    click.echo(json.dumps(result))


def earlier_parser(commit: str) -> Callable[[str], object]:
    """The function that read numbers at that commit, without its cache."""
    source = subprocess.run(
        ["git", "show", f"{commit}:{MODULE}"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
    ).stdout
    with tempfile.TemporaryDirectory(prefix="dgrc-quantities-") as folder:
        path = Path(folder) / "answer_forms_before.py"
        path.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module  # its dataclass looks for its module
        spec.loader.exec_module(module)
    parser: Callable[[str], object] = module.quantity.__wrapped__
    return parser


def side_by_side(
    one: Callable[[str], object], other: Callable[[str], object], answers: Sequence[str], rounds: int
) -> tuple[list[float], list[float]]:
    """Microseconds that each answer takes with either, the fastest of so many readings in turn."""
    fastest: tuple[list[float], list[float]] = ([], [])
    for answer in answers:
        took = [float("inf"), float("inf")]
        for _ in range(rounds + 1):  # the first loads what is loaded once
            for place, parser in enumerate((one, other)):
                began = time.perf_counter_ns()
                parser(answer)
                took[place] = min(took[place], (time.perf_counter_ns() - began) / 1000)
        for place in (0, 1):
            fastest[place].append(took[place])
    return fastest


if __name__ == "__main__":
    main()
