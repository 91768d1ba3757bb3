"""How fast is a run in the browser, in how much memory, and does that grow with the run?

    python -m benchmarks.view
    python -m benchmarks.view --million

A made run of 100,000 cases is indexed by a process of its own and served by `dgrc view`; pages, facets, searches and
single cases are asked for as the pages do, one after another, and 95 % of 200 requests must be faster than what is
told. `dgrc show` tells some of the same cases for comparison. `--million` does the same with 1,000,000 cases, and
`growth` is the worst ratio. Last line of output: one JSON object, recorded in results/.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
import psutil

from benchmarks.shared.record import record
from benchmarks.view.made import make, searches
from dgrc.cli.common import say
from dgrc.storage.run_dir import RunDir
from dgrc.view.index.build import build
from dgrc.view.index.tables import place_of

CASES, MORE, REQUESTS, SHOWN, LOOK_S, MIB = 100_000, 1_000_000, 200, 5, 0.2, 1 << 20
GROWING = ("page_ms", "facet_ms", "search_ms", "case_ms")
FACETS = (
    "status=divergent",
    "verdict=mixed",
    "status=agreeing&script=Han",
    "curriculum=gives+chains",
    "source=part-3.jsonl",
)


@click.command()
@click.option("--cases", default=CASES, show_default=True, help="Cases of the made run.")
@click.option("--million", is_flag=True, help="Measure 1,000,000 cases as well, for growth.")
@click.option("--write/--no-write", default=True, help="Record the result.")
@click.option("--keep", type=click.Path(file_okay=False), help="Make the runs in this folder and leave them.")
def main(cases: int, million: bool, write: bool, keep: str | None) -> None:
    """Index a made run, ask for its pages, and hold a case against `dgrc show`."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(keep or temporary)
        result = measure(folder, cases) | {"growth": None}
        result |= beside_show(folder / str(cases), result["case_ms"], result["server_mb"])
        if million:
            large = measure(folder, MORE)
            result |= {"growth": round(max(large[name] / result[name] for name in GROWING), 2), "million": large}
    if write:
        record("view", result, command="view" + (" --million" if million else ""))
    click.echo(json.dumps(result))


def measure(folder: Path, cases: int) -> dict[str, Any]:
    """The figures of one run of so many cases, made if it is not there."""
    run = RunDir(folder / str(cases))
    if not run.config_file.is_file():
        say(f"a run of {cases:,} cases")
        make(run.root, cases)
    shutil.rmtree(run.state("view"), ignore_errors=True)
    say("its index")
    process = [sys.executable, "-m", "dgrc.view.index.build", str(run.root)]
    seconds, peak = _watched(process)
    say(f"  {seconds:.1f} s, {peak:.0f} MB")
    build(run)
    told = {
        "cases": cases, "load_before": os.getloadavg()[0], "index_seconds": round(seconds, 1), "index_mb": round(peak),
        "index_bytes_a_case": round(place_of(run).stat().st_size / cases),
    }  # fmt: skip
    with _serving(run) as (address, server):
        told |= requests(f"{address}api/{urllib.parse.quote(run.root.name)}/1", random.Random(0))
        told["server_mb"] = round(server.memory_info().rss / MIB)
    return told | {"load_after": os.getloadavg()[0]}


def requests(api: str, random_: random.Random) -> dict[str, float]:
    """Milliseconds within which 95 % of the requests of each kind are answered."""
    asked, ids = searches(REQUESTS), [row["id"] for row in _get(f"{api}/cases?limit=100&order=as+read")["rows"]]

    def page(n: int) -> str:
        return f"{api}/cases?order={('telling', 'tokens', 'disagreement')[n % 3]}" + (
            f"&after={ids[n % 100]}" if n % 2 else ""
        )

    kinds: dict[str, Callable[[int], str]] = {
        "page_ms": page,
        "facet_ms": lambda n: f"{api}/cases?{FACETS[n % len(FACETS)]}",
        "search_ms": lambda n: f"{api}/cases?q={urllib.parse.quote(asked[n])}&{FACETS[n % 3]}",
        "case_ms": lambda n: f"{api}/cases/{random_.choice(ids)}?{FACETS[n % 3]}",
    }
    return {name: _within(address) for name, address in kinds.items()}


def beside_show(folder: Path, case_ms: float, server_mb: float) -> dict[str, float]:
    """Time and memory of a case by `dgrc view` as shares of what `dgrc show RUN ID` takes."""
    seconds, peaks = zip(*(
        _watched([sys.executable, "-m", "dgrc", "show", str(folder), f"q-{n:07d}"]) for n in range(1, SHOWN + 1)
    ), strict=True)  # fmt: skip
    middle, memory = sorted(seconds)[SHOWN // 2], sorted(peaks)[SHOWN // 2]
    return {
        "show_seconds": round(middle, 2), "show_mb": round(memory),
        "case_time_ratio_show": round(case_ms / 1000 / middle, 4),
        "case_memory_ratio_show": round(server_mb / memory, 3),
    }  # fmt: skip


def _within(address: Callable[[int], str]) -> float:
    took = []
    for n in range(REQUESTS):
        began = time.perf_counter()
        _get(address(n))
        took.append(1000 * (time.perf_counter() - began))
    return round(sorted(took)[REQUESTS * 95 // 100], 1)


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as reply:
        return json.loads(reply.read())


def _watched(command: list[str]) -> tuple[float, float]:
    """Seconds that a command takes, and the most memory in MB that it has, with what processes of its own add."""
    began, peak = time.monotonic(), 0
    process = psutil.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        with suppress(psutil.Error):  # one of them has ended
            added = sum(one.memory_full_info().uss for one in process.children(recursive=True))
            peak = max(peak, process.memory_info().rss + added)
        with suppress(psutil.TimeoutExpired):
            process.wait(LOOK_S)
    if process.wait():
        raise click.ClickException(f"{' '.join(command)} failed")
    return time.monotonic() - began, peak / MIB


@contextmanager
def _serving(run: RunDir) -> Iterator[tuple[str, psutil.Process]]:
    process = psutil.Popen(
        [sys.executable, "-m", "dgrc", "view", str(run.root), "--no-browser"], stdout=subprocess.PIPE, text=True
    )
    try:
        address = process.stdout.readline().strip()
        threading.Thread(target=process.stdout.read, daemon=True).start()
        _get(f"{address}api/{urllib.parse.quote(run.root.name)}/1/cases")
        yield address, process
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
