"""What does each step of the prompt packs do with real models, under which wording, and under which grammar backend?

    python -m benchmarks.packs --teacher models/qwen-coder-0.5b --student models/smollm2-135m
    python -m benchmarks.packs --teacher DIR --student DIR --gpus 1 --packs general,medical,legal --questions 200

On problems of computed truth (`dgrc/proving/natural`, or `--truth FILE` with rows of that form). Sampling is measured
on both models, every other step on the teacher, each on items of its own: pairs of chains that truly differ, the
problems' own step questions, chains of which the truth is known. `--wording FOLDER` (repeatable) measures another
wording beside the shipped one (`benchmarks/packs/wordings`). With `--out FOLDER` a run that was stopped goes on where
it was. A table goes to standard error. Last line of output: one JSON object, recorded in results/.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from benchmarks.packs import backends, engines, table
from benchmarks.packs.measure import Measurement, Plan, Starter
from benchmarks.packs.parts import Parts, weights_hash
from benchmarks.packs.steps import Ask
from benchmarks.packs.wordings import STEPS, Wording, wordings_of
from benchmarks.shared.record import record
from dgrc.cli.common import say
from dgrc.config import EngineConfig
from dgrc.errors import ConfigError, DgrcError
from dgrc.evaluation.truth.computed import Computed
from dgrc.proving.natural.files import read_truth
from dgrc.proving.natural.problem import Problem

DOMAINS = {"medical": ("medicine",), "legal": ("law",)}
"""Domains of the problems that a pack is measured on, by what its name begins with; all for any other."""


@click.command()
@click.option("--teacher", required=True, help="Directory of the model that diagnoses, answers, verifies and judges.")
@click.option("--student", required=True, help="Directory of the model that samples beside it.")
@click.option("--packs", default="general", show_default=True, help="Names or folders of packs, by commas.")
@click.option(
    "--wording", "overlays", multiple=True, type=click.Path(path_type=Path),
    help="A folder with another wording; repeatable. None given: wordings/plain, where it words a pack.",
)
@click.option("--steps", "chosen", default=",".join(STEPS), show_default=True, help="Steps to measure; may be empty.")
@click.option("--backends", "names", default="xgrammar,guidance", show_default=True, help="Grammar backends; or empty.")
@click.option("--questions", default=30, show_default=True, help="Problems a pack, and so items a step.")
@click.option("--chains", default=1, show_default=True, help="Chains each model samples of a problem.")
@click.option("--answers", default=3, show_default=True, help="Answers to each step's question.")
@click.option("--diagnoses", default=25, show_default=True, help="Diagnoses for each backend.")
@click.option("--seed", default=0, show_default=True, help="Of problems, items and engines.")
@click.option("--truth", type=click.Path(path_type=Path), default=None, help="Problems from a truth.jsonl instead.")
@click.option("--gpus", default=0, show_default=True, help="GPUs that a model is split over; 0: vLLM's CPU build.")
@click.option("--set", "overrides", multiple=True, metavar="A.B=C", help="teacher.max_num_seqs=64, say; repeatable.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Where parts are kept, to go on later.")
@click.option("--write/--no-write", default=True, help="Record the result.")
def main(
    teacher: str, student: str, packs: str, overlays: Sequence[Path], chosen: str, names: str, questions: int,
    chains: int, answers: int, diagnoses: int, seed: int, truth: Path | None, gpus: int, overrides: Sequence[str],
    out: Path | None, write: bool,
) -> None:  # fmt: skip
    """Fills the table of the packs on two models."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with contextlib.ExitStack() as stack:
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dgrc-packs-")))
        try:
            steps, grammars = _listed(chosen, STEPS, "--steps"), _listed(names, backends.NAMES, "--backends")
            config = engines.settings(teacher, student, gpus, overrides, folder / "runs")
            wordings = wordings_of(packs.split(","), overlays, folder / "wordings")
            hashes = {role: _checked(model) for role, model in (("teacher", teacher), ("student", student))}
            problems = {w.pack_name: problems_for(w, questions, seed, truth) for w in wordings}
            judge = Computed(problem for of in problems.values() for problem in of)
            plan = Plan(config, wordings, problems, judge, steps, grammars, chains, answers, diagnoses, seed)
            machine = [engine.model_dump(mode="json") for engine in (config.teacher, config.student)]
            parts = Parts(folder / "parts", {"weights": hashes, "engines": machine, "seed": seed}, say)
            found = Measurement(plan, parts, stack.enter_context(_session(plan, folder))).run()
        except DgrcError as e:
            raise click.UsageError(str(e)) from e
        say(table.render(found))
        summary = table.summary(found)
        if write:
            command = f"packs --teacher DIR --student DIR --packs {packs} --steps {chosen} --backends {names}"
            command += f" --questions {questions} --chains {chains} --answers {answers} --diagnoses {diagnoses}"
            command += f" --seed {seed} --gpus {gpus}" + " --truth FILE" * (truth is not None)
            models = {role: Path(model).name for role, model in (("teacher", teacher), ("student", student))}
            record("packs", {"models": models, "weights": hashes, "parts": found}, command=command)
        click.echo(json.dumps(summary))


def problems_for(wording: Wording, count: int, seed: int, truth: Path | None) -> list[Problem]:
    """Problems in the domain and language of a pack, drawn by seed or read.

    Raises:
        ConfigError: there are not so many.
    """
    from dgrc.proving.natural.generate import problems

    begins = wording.pack_name.partition("_")[0]
    domains = DOMAINS.get(begins, ("medicine", "law"))
    language = wording.pack.language.partition("-")[0] or "en"
    if truth is None:
        each = -(-count // len(domains))
        of_domains = [problems("train", each, seed, (domain,), (language,)) for domain in domains]
        return [problem for turn in zip(*of_domains, strict=True) for problem in turn][:count]
    # Rows of others may leave the domain and language out: then they fit every pack.
    found = [p for p in read_truth(truth) if p.domain in ("", *domains) and p.language in ("", language)]
    if len(found) < count:
        raise ConfigError(
            f"{truth} has {len(found)} problems for the pack {wording.pack_name} (domains {', '.join(domains)}; "
            f"language {language}), but --questions asks for {count}. Ask for fewer, or measure another pack."
        )
    return found[:count]


@contextlib.contextmanager
def _session(plan: Plan, folder: Path) -> Iterator[Starter]:
    from dgrc.runtime.session import ray_session
    from dgrc.storage.run_dir import RunDir

    with ray_session(plan.config, RunDir(folder / "session")):

        def start(role: str, engine: EngineConfig) -> contextlib.AbstractContextManager[Ask]:
            return engines.asking(role, engine, plan.seed)

        yield start


def _checked(model: str) -> str | None:
    from dgrc.engines.vllm.tokens import check_model_path

    check_model_path(model)
    return weights_hash(model)


def _listed(text: str, known: Sequence[str], option: str) -> list[str]:
    found = [name for name in text.split(",") if name]
    if unknown := [name for name in found if name not in known]:
        raise ConfigError(f"{option} names {', '.join(unknown)}; known are {', '.join(known)}. Name these, by commas.")
    return found


if __name__ == "__main__":
    main()
