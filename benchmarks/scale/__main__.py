"""How far does one driver reach: with more and more replicas, and with more and more questions?

    python -m benchmarks.scale

Two measurements of the pass `gather` without a model. *Weak scaling*: 1 to 64 simulated replicas of 5 questions a
second each, on several Ray nodes of this machine, each with the same number of questions; efficiency is the rate
at which the middle three fifths of the questions were finished over the rate of all replicas.
*Data plane*: replies that are made in the worker, for more and more questions: questions a second, and how memory
grows. From both, a model on paper for a thousand replicas. Last line of output: one JSON object, recorded in results/.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from benchmarks.shared.record import ROOT, record
from benchmarks.shared.simulated import RATE
from dgrc.cli.common import say

WANTED = 0.9
LIVES = ("peak_mb", "resumed_peak_mb")
SECONDS = (10, 80)
"""Work for each replica in the short and in the long pass, at its own rate."""


@click.command()
@click.option("--replicas", default="1,4,16,64", show_default=True, help="Numbers of simulated replicas.")
@click.option("--questions", default="100000,1000000", show_default=True, help="Questions of the data plane.")
@click.option("--nodes", default=4, show_default=True, help="Ray nodes that the replicas are spread over.")
@click.option("--folder", default=None, help="Where runs are written; a temporary one else.")
@click.option("--write/--no-write", default=True, help="Record the result.")
def main(replicas: str, questions: str, nodes: int, folder: str | None, write: bool) -> None:
    """Weak scaling, the data plane, and what they say of a thousand replicas."""
    with tempfile.TemporaryDirectory(prefix="dgrc-scale-", dir=folder) as made:
        weak = [_part("weak", Path(made), number, nodes) for number in _numbers(replicas)]
        plane = [_part("plane", Path(made), number) for number in _numbers(questions)]
    summary = summarize(weak, plane)
    if write:
        command = f"scale --replicas {replicas} --questions {questions} --nodes {nodes}"
        paper = on_paper(weak, plane) if weak and plane else None
        record("scale", {**summary, "weak": weak, "plane": plane, "on_paper": paper}, command=command)
    click.echo(json.dumps(summary))


def summarize(weak: list[dict[str, Any]], plane: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures that are wanted; null where the run did not go so far."""
    by_replicas = {point["replicas"]: point["efficiency"] for point in weak}
    by_questions = {point["questions"]: point for point in plane}
    largest = max(plane, key=lambda point: point["questions"], default=None)
    smallest = min(plane, key=lambda point: point["questions"], default=None)
    one, ten = by_questions.get(1_000_000), by_questions.get(10_000_000)
    return {
        "weak_scaling_64": by_replicas.get(64),
        "below_0.9_at": next((n for n, efficiency in sorted(by_replicas.items()) if efficiency < WANTED), None),
        "bytes_per_question": _growth(smallest, largest) if smallest and largest and len(plane) > 1 else None,
        "questions_per_second": largest["questions_per_second"] if largest else None,
        "time_ratio_10m_to_1m": round(one["questions_per_second"] / ten["questions_per_second"], 3)
        if one and ten
        else None,
    }


def _growth(small: dict[str, Any], large: dict[str, Any]) -> float:
    """Bytes that the driver and the largest worker grew by for each further question, in a first life of the pass or
    in a resumed one, whose workers hold all finished ids to filter by: whichever grew more."""
    grew = [sum(large[life][who] - small[life][who] for who in ("driver", "workers")) for life in LIVES]
    return round(max(grew) * 1e6 / (large["questions"] - small["questions"]), 1)


def on_paper(weak: list[dict[str, Any]], plane: list[dict[str, Any]]) -> dict[str, Any]:
    """What a thousand replicas of that rate would ask of the rest, if a question goes on costing what it cost here.

    Workers run in parallel on any node; the driver does not, so its share of a question's cost bounds the whole.
    """
    point, bulk = weak[-1], plane[-1]
    rate = 1000 * RATE
    return {
        "assumptions": "a question costs workers, replicas' Python and the driver as much CPU as in the largest "
        "measured pass of each kind; storage and network take what is written; the driver is one core",
        "questions_per_second": rate,
        "cores_of_workers": math.ceil(rate * point["cpu_ms_per_question"]["workers"] / 1000),
        "share_of_a_replica_for_python": round(RATE * point["cpu_ms_per_question"]["replicas"] / 1000, 4),
        "share_of_the_driver": round(rate * bulk["cpu_ms_per_question"]["driver"] / 1000, 3),
        "megabytes_written_per_second": round(rate * bulk["bytes_written_per_question"] / 1e6, 2),
    }


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number]


def _part(kind: str, folder: Path, *numbers: int) -> dict[str, Any]:
    """One measurement in processes of its own, so that none inherits another's memory."""
    say(f"{kind}: {numbers[0]:,}")
    place = folder / f"{kind}-{numbers[0]}"
    command = [sys.executable, "-m", "benchmarks.scale.parts", kind, str(place), *map(str, numbers)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT, env=dict(os.environ))
    shutil.rmtree(place, ignore_errors=True)
    if done.returncode:
        raise SystemExit(f"{kind} {numbers[0]:,} failed with exit status {done.returncode}")
    said: dict[str, Any] = json.loads(next(line for line in done.stdout.splitlines()[::-1] if line.startswith("{")))
    say(f"  {json.dumps(said)}")
    return said


if __name__ == "__main__":
    main()
