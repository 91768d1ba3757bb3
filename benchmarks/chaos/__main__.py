"""Is anything lost, doubled or changed when a run is disturbed at random, and is anything paid for twice?

    python -m benchmarks.chaos --faults 100 --seed 0 --seeds 10
    python -m benchmarks.chaos --engine vllm --faults 10
    python -m benchmarks.chaos --training --faults 2

`dgrc curate` runs over some hundred questions on scripted engines, one of which is poison, while processes of it are
killed, stopped or starved of their disk at seeded moments in every pass, and is started again whenever it ends before
its time. Each dataset is then held, byte by byte, against that of a run that nothing disturbed. On vLLM, whose replies
differ from run to run, rows are counted. Last line of output: one JSON object, recorded in results/.
"""

import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.chaos import training as chaos_training
from benchmarks.chaos.cluster import cluster
from benchmarks.chaos.compare import Notes, by, compare, conserved, rows
from benchmarks.chaos.faults import REAL, SCRIPTED, Fault, on_cluster, plan, processes
from benchmarks.chaos.pressure import limit_memory
from benchmarks.chaos.run import Disturbed, Outcome
from benchmarks.chaos.script import NOTES
from benchmarks.chaos.storage import storage
from benchmarks.shared.record import ROOT, record
from dgrc.cli.common import say
from dgrc.config import Config

GONE_S = 120.0
"""So long processes have to be gone after the last run: Ray's agents take a minute to see that their node is."""
HUNG_AFTER_S = 6.0


@click.command()
@click.option("--faults", default=10, show_default=True, help="Faults in all.")
@click.option("--seed", default=0, show_default=True, help="The first seed: of kinds, places and moments.")
@click.option("--seeds", default=1, show_default=True, help="Runs, a seed each; they share the faults.")
@click.option("--questions", default=240, show_default=True, help="Questions of a run.")
@click.option("--kinds", default=None, help="Kinds of faults, with commas between them; by default all.")
@click.option("--engine", type=click.Choice(["scripted", "vllm"]), default="scripted", show_default=True)
@click.option("--training", is_flag=True, help="Disturb a training instead.")
@click.option("--write/--no-write", default=True, help="Record the result.")
def main(
    faults: int, seed: int, seeds: int, questions: int, kinds: str | None, engine: str, training: bool, write: bool
) -> None:
    """Runs undisturbed, then disturbed once a seed, and compares."""
    numbers = range(seed, seed + seeds)
    with tempfile.TemporaryDirectory(prefix="dgrc-chaos-", ignore_cleanup_errors=True) as made:
        folder, began = Path(made), time.monotonic()
        if training:
            runs, marks = chaos_training.disturbed(folder, faults, numbers, say)
        elif engine == "vllm":
            runs, marks = real(folder, plans(faults, numbers, kinds.split(",") if kinds else REAL), questions)
        else:
            runs, marks = scripted(folder, plans(faults, numbers, kinds.split(",") if kinds else SCRIPTED), questions)
        result = {**summarize(runs, left_over(marks)), "seconds": round(time.monotonic() - began, 1)}
    if write:
        how = " --training" if training else f" --engine {engine} --questions {questions}"
        command = f"chaos --faults {faults} --seed {seed} --seeds {seeds}{how}{f' --kinds {kinds}' if kinds else ''}"
        name = "chaos_training" if training else "chaos" if engine == "scripted" else "chaos_vllm"
        record(name, {**result, "runs": runs}, command=command)
    click.echo(json.dumps(result))


Runs = tuple[list[dict[str, Any]], list[str]]
"""What came of each run, and the marks of their processes."""


def plans(faults: int, seeds: Sequence[int], kinds: Sequence[str]) -> dict[int, list[Fault]]:
    """So many faults in all, by seed."""
    edges = [faults * number // len(seeds) for number in range(len(seeds) + 1)]
    return {seed: plan(kinds, edges[n + 1] - edges[n], seed) for n, seed in enumerate(seeds)}


def scripted(folder: Path, plans: Mapping[int, Sequence[Fault]], questions: int) -> Runs:
    """Disturbed runs on scripted engines against one that was left alone."""
    wanted, undisturbed = _undisturbed(folder, questions)
    runs, marks = [], []
    for seed, faults in plans.items():
        outcome, found = _disturbed(folder, questions, faults, seed, wanted, undisturbed)
        marks.append(outcome.mark)
        runs.append({"seed": seed, **found})
        say(f"seed {seed}: {json.dumps(found)}")
    return runs, marks


def real(folder: Path, plans: Mapping[int, Sequence[Fault]], questions: int) -> Runs:
    """Disturbed runs on vLLM in the proving world: its replies are not the same twice, so rows are counted."""
    from dgrc.config.file import load_config

    runs, marks = [], []
    for seed, faults in plans.items():
        with storage(folder / f"seed-{seed}") as place:
            settings = (f"runs_dir={place.folder}", "name=chaos", f"questions.limit={questions}")
            config = load_config(ROOT / "configs" / "proving" / "small.yaml", settings)
            run = Disturbed(config, place, faults, {}, seed)
            outcome = run.go()
            marks.append(outcome.mark)
            found = conserved(run.run) if outcome.finished else {"lost": questions}
        runs.append({"seed": seed, **facts(outcome), **found, "different": None})
        say(f"seed {seed}: {json.dumps(runs[-1])}")
    return runs, marks


def _undisturbed(folder: Path, questions: int) -> tuple[dict[str, list[tuple[str, bytes]]], Notes]:
    with storage(folder / "undisturbed") as place:
        run = Disturbed(make_config(folder, place.folder, questions), place, (), {}, 0)
        outcome = run.go()
        if not outcome.finished or outcome.lives > 1:
            raise SystemExit(f"the undisturbed run failed: {[*outcome.stops, *outcome.crashes]}")
        say(f"undisturbed: {outcome.seconds} s, served {dict(run.notes.served)}")
        return rows(run.run), run.notes


def _disturbed(
    folder: Path, questions: int, planned: Sequence[Fault], seed: int,
    wanted: dict[str, list[tuple[str, bytes]]], undisturbed: Notes,
) -> tuple[Outcome, dict[str, Any]]:  # fmt: skip
    with storage(folder / f"seed-{seed}") as place:
        config, notes = make_config(folder, place.folder, questions), place.folder.with_name(f"seed-{seed}-notes")
        if on_cluster(seed):
            with cluster({NOTES: str(notes)}) as nodes:
                run = Disturbed(config, place, planned, undisturbed.served, seed, nodes)
                outcome = run.go()
        else:
            run = Disturbed(config, place, planned, undisturbed.served, seed)
            outcome = run.go()
        found = compare(wanted, rows(run.run)) if outcome.finished else compare(wanted, {})
    return outcome, {**facts(outcome), **found, **rebought(outcome, run.notes, undisturbed)}


def facts(outcome: Outcome) -> dict[str, Any]:
    """A run's faults and how its lives ended."""
    return {
        "faults": len(outcome.happened), "missed": len(outcome.missed), "lives": outcome.lives,
        "kinds": by(fault.kind for fault, _, _ in outcome.happened),
        "passes": by(where for _, where, _ in outcome.happened),
        "finished": outcome.finished, "seconds": outcome.seconds, "stops": outcome.stops, "crashes": outcome.crashes,
    }  # fmt: skip


def rebought(outcome: Outcome, notes: Notes, undisturbed: Notes) -> dict[str, Any]:
    """Tokens of replies that were made once more, and those that were being made when a fault came, by its kind."""
    again = notes.tokens_rebought(undisturbed, [(fault.kind, moment) for fault, _, moment in outcome.happened])
    under_way: Counter[str] = Counter()
    tokens = notes.tokens_in_flight([moment for _, _, moment in outcome.happened])
    for (fault, _, _), number in zip(outcome.happened, tokens, strict=True):
        under_way[fault.kind] += number
    return {
        "tokens_rebought": sum(again.values()), "tokens_in_flight": under_way.total(),
        "rebought_by_kind": again, "in_flight_by_kind": dict(under_way),
    }  # fmt: skip


def left_over(marks: Sequence[str]) -> list[str]:
    """Titles of processes of these runs that do not go away."""
    deadline = time.monotonic() + GONE_S
    while True:
        alive = [f"{pid} {title[:120]}" for mark in marks for pid, title in processes(mark)]
        if not alive or time.monotonic() > deadline:
            return alive
        time.sleep(0.5)


def summarize(runs: Sequence[dict[str, Any]], leftover: Sequence[str]) -> dict[str, Any]:
    """The figures that are wanted of all runs together."""
    total: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    passes: Counter[str] = Counter()
    again: Counter[str] = Counter()
    under_way: Counter[str] = Counter()
    for run in runs:
        again.update(run.get("rebought_by_kind", {}))
        under_way.update(run.get("in_flight_by_kind", {}))
        kinds.update(run["kinds"])
        passes.update(run["passes"])
        counted = ("faults", "missed", "lives", "lost", "doubled", "different", "tokens_rebought", "tokens_in_flight")
        total.update({key: run[key] for key in counted if run.get(key) is not None})
    known = total["tokens_in_flight"] > 0  # vLLM and trainings take no notes
    return {
        "faults": total["faults"], "seeds": len(runs), "lost": total["lost"], "doubled": total["doubled"],
        "different": None if any(run["different"] is None for run in runs) else total["different"],
        "leftover_processes": len(leftover),
        "tokens_rebought_share": round(total["tokens_rebought"] / total["tokens_in_flight"], 4) if known else None,
        "tokens_rebought": total["tokens_rebought"] if known else None,
        "tokens_in_flight": total["tokens_in_flight"], "missed": total["missed"], "lives": total["lives"],
        "unfinished": sum(not run["finished"] for run in runs), "crashes": sum(len(run["crashes"]) for run in runs),
        "stops": sum(len(run["stops"]) for run in runs), "kinds": dict(kinds), "passes": dict(passes),
        "rebought_by_kind": dict(again), "in_flight_by_kind": dict(under_way), "leftover": list(leftover),
    }  # fmt: skip


def make_config(folder: Path, runs: Path, questions: int) -> Config:
    """A run on scripted engines: two replicas a role, small blocks, impatient."""
    from dgrc.config.file import make_config as make

    source = folder / "questions.jsonl"
    if not source.exists():
        lines = [json.dumps({"id": f"q{n}", "question": f"case {n} . which court ?"}) for n in range(questions)]
        source.write_text("\n".join(lines) + "\n")
    engine = {"engine": "scripted", "replicas": 2, "cpus": 1, "hung_after_s": HUNG_AFTER_S}
    return make({
        "name": "chaos", "runs_dir": str(runs), "questions": {"files": [str(source)]},
        "teacher": {**engine, "script": "benchmarks.chaos.script:teacher"},
        "student": {**engine, "script": "benchmarks.chaos.script:student"},
        "method": {"prompts": "proving", "corpus_facts": 0},
        "pipeline": {"workers": 2, "rows_per_block": 16},
        "ray": {"object_store_gib": 0.1},
    })  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", "20")  # else a driver waits a minute for its head
    limit_memory()
    main()
