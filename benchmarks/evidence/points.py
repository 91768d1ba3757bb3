"""One point of the evidence: a world, its run, the runs beside it on the same cases, and what truth says of them all.

Truth only scores, except in the recipe `oracle`, which is there to show what no filter can beat.
"""

import json
import math
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.shared.record import ROOT
from dgrc.cli.common import say
from dgrc.config import Config
from dgrc.config.file import load_config, make_config
from dgrc.engines.by_role import Engines
from dgrc.evaluation.curation import score_agreeing, score_curation, score_diagnoses
from dgrc.method.curriculum import Recipe, chain_example, many_chains, teacher_majority
from dgrc.method.prompts import load_pack
from dgrc.pipeline.assemble import write_curriculum
from dgrc.pipeline.curate import curate
from dgrc.proving.language import read_atom
from dgrc.proving.world import World
from dgrc.records import Case, Chain
from dgrc.storage.arrow import from_row
from dgrc.storage.provenance import provenance
from dgrc.storage.run_dir import RunDir
from dgrc.workflow.job import SUBJECT, Job
from dgrc.workflow.models import dated, resolve_proving

ORACLE, PUBLISHED, FRUGAL = "oracle", "published", "frugal"
BASELINES = ("distill", "many_chains", "teacher_majority", "self_train")
CURVE_BASELINES = ("distill", "teacher_majority")
"""What DGRC is held against beside the standard world: there, one of the two was the strongest on every seed."""
ABLATIONS = ("atoms_only", "chains_only", "unverified", "no_replay", "chains_first", "mixed")
EQUAL_TOKENS = {"many_chains_tokens": many_chains, "majority_tokens": teacher_majority}
AS_PUBLISHED = {
    "pairs": "all", "max_pairs": 64, "teacher_chains": 1, "student_chains": 8, "shared_answers": False,
    "answers_per_atom": 1, "min_agreement": 0.0, "corpus_facts": 0, "accept_unchecked": True,
}
"""One teacher chain, eight student chains, every differing pair, atoms answered once for each pair and held against
this question's chain alone, unchecked chains kept."""
AS_FRUGAL = {"teacher_chains": 1, "student_chains": 4}
"""Ours with as many teacher chains as the published procedure has."""
PASSES = ("gather", "answer", "verify")


@dataclass(frozen=True)
class Point:
    """What is run.

    Attributes:
        kind: The world, for example `standard`, `covered` or `slip=0.3`.
        seed: Its seed.
        settings: What sets its configuration apart.
        recipes: Students beside the subject's.
        whole: Whether the runs beside it are done as well.
    """

    kind: str
    seed: int
    settings: tuple[str, ...]
    recipes: tuple[str, ...]
    whole: bool = False

    def config(self, size: str, runs_dir: str) -> Config:
        """Its configuration."""
        baselines = [recipe for recipe in self.recipes if recipe in (*BASELINES, *ABLATIONS)]
        name = f"evidence-{size}-{self.kind}-{self.seed}".replace("=", "-")
        fixed = (f"seed={self.seed}", f"proving.seed={self.seed}", f"name={name}", f"runs_dir={runs_dir}")
        recipes = f"evaluation.baselines=[{', '.join(baselines)}]"
        return load_config(ROOT / "configs" / "proving" / f"{size}.yaml", (*fixed, recipes, *self.settings))


class EvidenceJob(Job):
    """A run with students that only evidence needs: of true chains, of the published procedure, of equal tokens."""

    def __init__(self, point: Point, config: Config):
        super().__init__(config, say, allow_empty=True)
        self._point = point

    def recipes(self) -> tuple[str, ...]:
        return (SUBJECT, *self._point.recipes)

    def parts(self, recipe: str) -> Recipe:
        if recipe in (PUBLISHED, FRUGAL):
            return Recipe(atoms=True, verified=True, replay=0.0 if recipe == PUBLISHED else None)
        return Recipe() if recipe == ORACLE or recipe in EQUAL_TOKENS else super().parts(recipe)

    def make_curriculum(self, recipe: str) -> None:
        folder, questions = self.run.curriculum(recipe), self.run.dataset("questions")
        if recipe in (PUBLISHED, FRUGAL):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self.beside(recipe).run.curriculum(), folder)
        elif recipe == ORACLE:
            write_curriculum(folder / "cot", questions, TrueChains(self.config), questions, {"recipe": recipe})
        elif recipe in EQUAL_TOKENS:
            source = self.beside("tokens").run.dataset("cases")
            make = OfCases(EQUAL_TOKENS[recipe])
            write_curriculum(folder / "cot", source, make, questions, {"recipe": recipe})
        else:
            super().make_curriculum(recipe)

    def beside(self, label: str, **changes: Any) -> "EvidenceJob":
        """A run beside this one, with other settings of the method and, if wanted, of other sections."""
        data = self.config.model_dump()
        data["name"] = f"{self.config.name}-{label}"
        for section, values in changes.items():
            data[section] = {**(data[section] or {}), **values}
        return EvidenceJob(self._point, make_config(data))


    def curate_beside(self, engines: Engines, until: str = "assemble") -> dict[str, Any]:
        """Curates in the session and with the engines of the run that this one is beside."""
        self.say(f"beside it: {self.config.name}")
        with self.run.lock():
            self.run.claim(self.config)
            self.config = dated(resolve_proving(self.config, self.run, self.say), self.run)
            return curate(self.run, self.config, self.say, until=until, shared=engines)


class TrueChains:
    """A question's row to the example of its one right chain."""

    def __init__(self, config: Config):
        self._config = config

    def __call__(self, row: dict[str, Any]) -> list[Any]:
        world = World.from_config(self._config.proving)
        chain = Chain(world.true_chain(row["text"]), None, "stop", 0)
        return [chain_example(load_pack("proving"), row["text"], (), row["id"], chain)]


class OfCases:
    """A case's row to the examples that a recipe makes of it."""

    def __init__(self, recipe: Any):
        self._recipe = recipe

    def __call__(self, row: dict[str, Any]) -> list[Any]:
        return list(self._recipe(load_pack("proving"), from_row(Case, row)))


def run_point(point: Point, size: str, runs_dir: str) -> dict[str, Any]:
    """All figures of a point; read from its run if they are there."""
    config = point.config(size, runs_dir)
    file = Path(runs_dir) / config.name / "point.json"
    if file.is_file():
        return dict(json.loads(file.read_text()))
    say(f"{point.kind}, seed {point.seed}")
    began = time.monotonic()
    with EvidenceJob(point, config).open() as job:
        report = job.curate()
        world = World.from_config(job.config.proving)
        made = {"kind": point.kind, "seed": point.seed, "commit": provenance()["commit"]}
        figures = {**made, **quality(job.run, world, report)}
        if point.whole:
            figures |= _beside(job, world, figures)
        job.train()
        job.evaluate()
        models = job.reports["evaluate"]["models"]
        figures["accuracy"] = {name: score["accuracy"] for name, score in models.items()}
        if point.kind == "covered":
            figures["by_coverage"] = _by_coverage(job.run, world)
    figures["seconds"] = {**job.seconds, "all": round(time.monotonic() - began, 1)}
    file.write_text(json.dumps(figures, indent=2) + "\n")
    return figures


def quality(run: RunDir, world: World, report: dict[str, Any]) -> dict[str, Any]:
    """What curation gave and cost, against truth."""
    rows = report["gather"]["rows"]
    spent = [
        u for name in PASSES for who, u in report.get(name, {}).get("usage", {}).items() if who.startswith("teacher/")
    ]
    calls, tokens = (sum(u[key] for u in spent) for key in ("calls", "completion_tokens"))
    right = {read_atom(a["question"]) for a in rows_of(run, "atoms") if a["kept"] and _right(world, a)}
    examples = report["assemble"]
    sampled = report["gather"]["usage"]["teacher/sample"]
    chains = [(case["text"], chain["answer"]) for case in rows_of(run, "cases") for chain in case["teacher"]]
    figures = {
        "questions": rows,
        "divergent": round(report["gather"]["status"].get("divergent", 0) / rows, 4),
        "teacher_chains_right": round(sum(world.is_answer_right(*chain) for chain in chains) / len(chains), 4),
        **score_curation(run, world),
        **score_diagnoses(run, world),
        "atoms_asked": report["collect"]["asked"],
        "atoms_distinct": report["collect"]["distinct"],
        "right_facts": len(right),
        "facts_covered": round(len(right) / len(world.facts), 4),
        "examples": {kind: examples[kind] for kind in ("atomic", "cot")},
        "teacher_calls_per_question": round(calls / rows, 3),
        "teacher_tokens_per_question": round(tokens / rows, 2),
        "teacher_tokens_per_chain": round(sampled["completion_tokens"] / sampled["calls"], 2),
        "teacher_calls_per_right_fact": round(calls / len(right), 3),
        "teacher_tokens_per_right_fact": round(tokens / len(right), 2),
        "teacher_tokens_per_example": round(tokens / (examples["atomic"] + examples["cot"]), 2),
    }
    return {key: None if value != value else value for key, value in figures.items()}  # JSON knows no NaN


def _right(world: World, atom: dict[str, Any]) -> bool:
    return world.is_atom_right(atom["question"], atom["answer"])


def _beside(job: EvidenceJob, world: World, figures: dict[str, Any]) -> dict[str, Any]:
    """The runs beside a whole point: own atoms only, published, frugal, equal tokens, and the audit.

    The same models serve all of them, so their engines start once.
    """
    own = job.beside("own-atoms", method={"corpus_facts": 0})
    shutil.rmtree(own.run.root, ignore_errors=True)
    left_out = shutil.ignore_patterns("config.yaml", ".lock", ".holder", "logs", "baselines", "student")
    shutil.copytree(job.run.root, own.run.root, ignore=left_out)
    published = job.beside(PUBLISHED, method=AS_PUBLISHED)
    frugal = job.beside(FRUGAL, method=AS_FRUGAL)
    more = math.ceil(figures["teacher_tokens_per_question"] / figures["teacher_tokens_per_chain"])
    tokens = job.beside("tokens", method={"teacher_chains": more, "student_chains": 1, "max_pairs": 0})
    chains = write_recorded(job.run, job.run.root / "recorded")
    auditor = {**job.config.teacher.model_dump(), "model": "proving:auditor"}
    agreeing = job.beside(
        "agreeing", method={"agreeing": "corpus", "audit_share": 1.0}, questions=chains, auditor=auditor
    )
    with Engines(say, (*job.config.engines(), "auditor")) as engines:
        own.curate_beside(engines)
        reports = {name: beside.curate_beside(engines) for name, beside in ((PUBLISHED, published), (FRUGAL, frugal))}
        tokens.curate_beside(engines, until="gather")
        agreeing.curate_beside(engines)
    return {
        "own_atoms_only": score_curation(own.run, world),
        PUBLISHED: quality(published.run, world, reports[PUBLISHED]),
        FRUGAL: quality(frugal.run, world, reports[FRUGAL]),
        "equal_tokens_chains": more,
        "agreeing": {"commit": provenance()["commit"], **score_agreeing(agreeing.run, world)},
    }


def write_recorded(run: RunDir, folder: Path) -> dict[str, list[str]]:
    """A run's chains as files that another run takes instead of sampling; returns its settings of `questions`."""
    folder.mkdir(exist_ok=True)
    ids = {row["id"]: row["source_id"] for row in rows_of(run, "questions")}
    files = {}
    for role in ("teacher", "student"):
        files[f"{role}_chains"] = [str(folder / f"{role}.jsonl")]
        with open(folder / f"{role}.jsonl", "w", encoding="utf-8") as f:
            for row in rows_of(run, "cases"):
                chains = [chain["text"] for chain in row[role]]
                f.write(json.dumps({"id": ids[row["id"]], "chains": chains}) + "\n")
    return files


def _by_coverage(run: RunDir, world: World) -> dict[str, dict[str, float]]:
    """Each model's accuracy on held-out questions of covered provinces and of the others."""
    texts = {s.question: world.is_covered(s.question) for s in world.held_out}
    sides = {f"held_out-{n:04d}": covered for n, covered in enumerate(texts.values())}
    split: dict[str, dict[str, float]] = {}
    for path in sorted(run.predictions().glob("*.parquet")):
        rows = pq.read_table(path, columns=["source_id", "right"]).to_pylist()
        split[path.stem] = {
            name: _mean([row["right"] for row in rows if sides[row["source_id"]] is side])
            for name, side in (("covered", True), ("uncovered", False))
        }
    return split


def _mean(values: list[bool]) -> float:
    return round(sum(values) / max(1, len(values)), 4)


def rows_of(run: RunDir, dataset: str) -> Iterator[dict[str, Any]]:
    """All rows of a dataset of a run."""
    for path in sorted(run.dataset(dataset).glob("*.parquet")):
        yield from pq.read_table(path).to_pylist()
